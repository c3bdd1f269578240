"use strict";
// Draws the charts of a page from its #chart-data element. Every chart has its table in the
// page, so nothing is lost where this file does not run. Colours come from app.css.
//
// The library is large: it is fetched when the first chart comes in sight, with the reader's first
// move, or once the page has stood still for a while. Until then the page is there to be read.
// Printing does not wait, so it finds the library there and draws what nobody scrolled to.
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

  // Short lines: the labels stand beside the figure, also on a phone.
  const wrapped = (name) => name.split(/ |(?<=-)/).reduce((lines, word) => {
    const last = lines.at(-1);
    const joined = last && !last.endsWith("-") ? `${last} ${word}` : last + word;
    return joined.length > 14 ? [...lines, word] : [...lines.slice(0, -1), joined];
  }, [""]).filter(Boolean);

  const LINE = 16;
  const EDGE = 4;
  // The largest radius that leaves every label its place between the figure and the edge.
  const radiusFor = (labels, { width, height, margin, fontSize, most }) => {
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = `${fontSize}px ${font}`;
    return Math.floor(labels.reduce((radius, lines, index) => {
      const angle = Math.PI / 2 - (2 * Math.PI * index) / labels.length;
      const [across, up] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))];
      // As ECharts sets them: beside the point, or centred on it where it is near an axis.
      const wide = Math.max(...lines.map((line) => pen.measureText(line).width));
      const high = (lines.length + 1) * LINE;
      const aside = across < 0.3 ? Infinity : (width / 2 - EDGE - wide) / across - margin;
      const above = up < 0.3 ? Infinity : (height / 2 - EDGE - high) / up - margin;
      return Math.min(radius, aside, above);
    }, most));
  };

  // A polar line and not ECharts' radar: the radar draws a missing value in its centre, as 0.
  // Here the line is broken where an area has no level.
  const radar = ({ areas, labels }, { width, height }) => {
    const narrow = width < 360;
    const [margin, fontSize] = narrow ? [9, 11] : [14, 12];
    const names = areas.map((area) => wrapped(area.name));
    const most = (narrow ? 0.23 : 0.28) * Math.min(width, height);
    const complete = areas.every((area) => area.level !== null);
    const grid = [1, 2, 3, 4, 5].map((level) =>
      ring(areas, level, { color: colour("line"), width: 1 }, 1));
    return {
      ...base(),
      polar: {
        radius: radiusFor(names, { width, height, margin, fontSize, most }),
        center: ["50%", "50%"],
      },
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
          margin,
          lineHeight: LINE,
          fontSize,
          color: colour("ink-2"),
          formatter: (index) => {
            const area = areas[index];
            if (!area) return "";
            const state = area.level === null ? `{gap|${area.word}}` : `{level|${area.level}}`;
            return `${names[index].join("\n")}\n${state}`;
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

  const trend = ({ segments, markers, labels }, { width }) => ({
    ...base(),
    grid: { left: 8, right: 20, top: 24, bottom: 4, containLabel: true },
    xAxis: {
      type: "time",
      axisLine: { lineStyle: { color: colour("line-2") } },
      axisTick: { show: false },
      splitNumber: width < 500 ? 2 : 5,
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
  const drawInto = ({ chart, kind }) => {
    const size = { width: chart.getWidth(), height: chart.getHeight() };
    chart.setOption(kinds[kind](data[kind], size), true);
  };
  const draw = () => drawn.forEach(drawInto);
  const drawIn = (scheme, width) => {
    document.documentElement.style.colorScheme = scheme;
    for (const { chart } of drawn) chart.resize({ width });
    draw();
  };
  // Between the margins of A4 and of US letter.
  const PAPER_PX = 600;
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
  const load = () => (loading ??= fetched());
  const drawNow = (element) => {
    if (element.dataset.drawn !== undefined) return;
    element.dataset.drawn = "";
    const chart = window.echarts.init(element, null, { renderer: "svg" });
    const one = { chart, kind: element.dataset.chart };
    drawn.push(one);
    drawInto(one);
    new ResizeObserver(() => {
      chart.resize();
      drawInto(one);
    }).observe(element);
  };
  const drawOne = async (element) => {
    await load();
    drawNow(element);
  };
  const start = () => {
    const elements = [...document.querySelectorAll("[data-chart]")]
      .filter((element) => data[element.dataset.chart]);
    const near = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) drawOne(target);
    }, { rootMargin: IN_SIGHT });
    for (const element of elements) near.observe(element);
    setTimeout(() => elements.forEach(drawOne), STILL_MS);
    for (const move of ["keydown", "pointermove"]) {
      window.addEventListener(move, load, { once: true, passive: true });
    }
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    // Paper is light whatever the screen is.
    window.addEventListener("beforeprint", () => {
      if (window.echarts) elements.forEach(drawNow);
      drawIn("light", PAPER_PX);
    });
    window.addEventListener("afterprint", () => drawIn("", "auto"));
  };
  // Labels are measured when drawn: wait for the font.
  document.fonts.ready.then(start, start);
})();
