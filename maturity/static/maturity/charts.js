"use strict";
// Draws the charts of a page from its #chart-data element. Every chart has its table in the
// page, so nothing is lost where this file does not run. Colours come from app.css.
//
// The library is large: it is fetched when the first chart comes in sight, or once the page has
// stood still for a while, for paper. Until then the page is there to be read.
(() => {
  const source = document.getElementById("chart-data");
  const { library } = document.currentScript.dataset;
  if (!source) return;
  const data = JSON.parse(source.textContent);
  const locale = document.documentElement.lang || undefined;
  const drawn = [];

  // Custom properties are light-dark() pairs; only a real element resolves them to a colour.
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const colour = (name) => {
    probe.style.color = `var(--pl-${name})`;
    return getComputedStyle(probe).color;
  };
  const font = getComputedStyle(document.body).fontFamily;
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const day = new Intl.DateTimeFormat(locale, {
    year: "numeric", month: "short", day: "numeric", timeZone: "UTC",
  });

  const month = new Intl.DateTimeFormat(locale, {
    year: "numeric", month: "short", timeZone: "UTC",
  });

  const base = () => ({
    animation: false,
    textStyle: { fontFamily: font, color: colour("ink-2") },
    tooltip: {
      // Drawn inside the SVG: an HTML tooltip would carry inline styles.
      renderMode: "richText",
      confine: true,
      backgroundColor: colour("surface"),
      borderColor: colour("line-2"),
      textStyle: { fontFamily: font, fontSize: 13, color: colour("ink") },
    },
  });

  // The first area stands at the end once more and closes the figure.
  const around = (areas) => [...areas, areas[0]];

  // A closed ring over all areas, at one level or at each area's target: a radar's polygons.
  const ring = (areas, level, lineStyle, z) => ({
    type: "line",
    coordinateSystem: "polar",
    data: around(areas).map((area, index) => [level ?? area.target, index]),
    symbol: "none",
    silent: true,
    tooltip: { show: false },
    lineStyle,
    z,
  });

  // A polar line and not ECharts' radar: the radar draws a missing value in its centre, as 0.
  // Here the line is broken where an area has no level.
  const radar = ({ areas, labels }) => {
    const narrow = window.innerWidth < 768;
    const complete = areas.every((area) => area.level !== null);
    // Short lines: the labels stand beside the figure, also on a phone.
    const wrap = (name) => name.split(" ").reduce((lines, word) => {
      const joined = `${lines.at(-1)} ${word}`.trim();
      return joined.length > 14 ? [...lines, word] : [...lines.slice(0, -1), joined];
    }, [""]).filter(Boolean).join("\n");
    const grid = [1, 2, 3, 4, 5].map((level) =>
      ring(areas, level, { color: colour("line"), width: 1 }, 1));
    return {
      ...base(),
      polar: { radius: narrow ? "46%" : "56%", center: ["50%", "50%"] },
      angleAxis: {
        type: "value",
        min: 0,
        max: areas.length,
        interval: 1,
        startAngle: 90,
        axisLine: { show: false },
        axisTick: { show: false },
        splitLine: { show: true, lineStyle: { color: colour("line") } },
        axisLabel: {
          margin: narrow ? 9 : 14,
          lineHeight: 16,
          fontSize: narrow ? 11 : 12,
          color: colour("ink-2"),
          formatter: (index) => {
            const area = areas[index];
            if (!area) return "";
            const state = area.level === null ? `{gap|${area.word}}` : `{level|${area.level}}`;
            return `${wrap(area.name)}\n${state}`;
          },
          rich: {
            level: { fontWeight: 700, fontSize: 13, color: colour("ink") },
            gap: { fontSize: 12, color: colour("unknown") },
          },
        },
      },
      radiusAxis: {
        min: 0,
        max: 5,
        interval: 1,
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: { show: false },
        splitLine: { show: false },
      },
      series: [
        ...grid,
        ring(areas, null, { color: colour("brass-line"), width: 2, type: "dashed" }, 2),
        {
          ...ring(areas, null, { color: colour("line-2"), width: 2, type: "dotted" }, 2),
          data: around(areas).map((area, index) => [area.before, index]),
          connectNulls: false,
        },
        {
          type: "line",
          coordinateSystem: "polar",
          data: around(areas).map((area, index) => [area.level, index]),
          connectNulls: false,
          symbol: "circle",
          symbolSize: 9,
          lineStyle: { color: colour("brand"), width: 3, join: "round" },
          itemStyle: { color: colour("brand"), borderColor: colour("surface"), borderWidth: 1.5 },
          areaStyle: complete ? { color: colour("brand"), opacity: 0.12 } : undefined,
          tooltip: {
            formatter: ({ value: [level, index] }) => {
              const { name, before } = around(areas)[index];
              const was = before === null ? "" : `\n${labels.before} ${before}`;
              return `${name}\n${labels.level} ${level}${was}`;
            },
          },
          z: 3,
        },
      ],
    };
  };

  // A line at each date, with the number that it has in the list below the chart.
  const lines = (markers) => ({
    symbol: "none",
    silent: true,
    animation: false,
    data: markers.map(({ date, number: place, rubric }) => ({
      xAxis: date,
      lineStyle: {
        color: colour(rubric ? "brass-line" : "line-2"), width: 1.5, type: rubric ? "solid" : "dashed",
      },
      label: { formatter: String(place), color: colour("ink-2"), fontSize: 12 },
    })),
  });

  const trend = ({ segments, markers, labels }) => ({
    ...base(),
    grid: { left: 8, right: 20, top: 24, bottom: 4, containLabel: true },
    xAxis: {
      type: "time",
      axisLine: { lineStyle: { color: colour("line-2") } },
      axisTick: { show: false },
      splitNumber: window.innerWidth < 768 ? 2 : 5,
      axisLabel: {
        color: colour("ink-2"),
        hideOverlap: true,
        formatter: (value) => month.format(new Date(value)),
      },
      splitLine: { show: false },
    },
    yAxis: {
      type: "value",
      min: 0,
      max: 100,
      interval: 25,
      axisLabel: { color: colour("ink-2"), formatter: (value) => number.format(value) },
      splitLine: { lineStyle: { color: colour("line") } },
    },
    series: segments.map((points, place) => ({
      type: "line",
      markLine: place === 0 ? lines(markers) : undefined,
      data: points.map((point) => ({ value: [point.date, point.index], ...point })),
      symbol: "circle",
      symbolSize: 9,
      lineStyle: { color: colour("brand"), width: 3 },
      itemStyle: { color: colour("brand"), borderColor: colour("surface"), borderWidth: 1.5 },
      tooltip: {
        formatter: ({ data: point }) =>
          `${day.format(new Date(point.date))}\n${labels.index} ${number.format(point.index)}` +
          `  (${point.matched}/${point.total})`,
      },
    })),
  });

  const kinds = { radar, trend };
  const draw = () => {
    for (const { chart, kind } of drawn) chart.setOption(kinds[kind](data[kind]), true);
  };
  const drawIn = (scheme) => {
    document.documentElement.style.colorScheme = scheme;
    draw();
  };
  // Part of a chart is in sight, not its first line alone.
  const IN_SIGHT = "0px 0px -80px";
  const STILL_MS = 6000;
  const fetched = () => new Promise((resolve) => {
    const script = document.createElement("script");
    script.src = library;
    script.addEventListener("load", resolve);
    document.head.append(script);
  });
  let loading;
  const drawOne = async (element) => {
    if (element.dataset.drawn !== undefined) return;
    element.dataset.drawn = "";
    await (loading ??= fetched());
    const kind = element.dataset.chart;
    const chart = window.echarts.init(element, null, { renderer: "svg" });
    chart.setOption(kinds[kind](data[kind]), true);
    drawn.push({ chart, kind });
    new ResizeObserver(() => chart.resize()).observe(element);
  };
  const start = () => {
    const elements = [...document.querySelectorAll("[data-chart]")]
      .filter((element) => data[element.dataset.chart]);
    const near = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) drawOne(target);
    }, { rootMargin: IN_SIGHT });
    for (const element of elements) near.observe(element);
    setTimeout(() => elements.forEach(drawOne), STILL_MS);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    // Paper is light whatever the screen is.
    window.addEventListener("beforeprint", () => drawIn("light"));
    window.addEventListener("afterprint", () => drawIn(""));
  };
  // Labels are measured when drawn: wait for the font.
  document.fonts.ready.then(start, start);
})();
