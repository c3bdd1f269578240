// Looker Studio reads a Google sheet that this fills. In the sheet: Extensions > Apps Script,
// then Project settings > Script properties: PLUMBLINE_KEY is {{ key_name }}.
// Triggers > Add: refresh, time-driven. In Looker Studio add the sheet as a data source.
function refresh() {
  const key = PropertiesService.getScriptProperties().getProperty("PLUMBLINE_KEY");
  const answer = UrlFetchApp.fetch("{{ feed }}/scores.csv", { headers: { "X-API-Key": key } });
  const rows = Utilities.parseCsv(answer.getContentText());
  const sheet = SpreadsheetApp.getActive().getSheetByName("scores")
    || SpreadsheetApp.getActive().insertSheet("scores");
  sheet.clearContents();
  sheet.getRange(1, 1, rows.length, rows[0].length).setValues(rows);
}
