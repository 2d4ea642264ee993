// Draws every [data-plot] with uPlot, in the page's colours, and anew when htmx brings others.
"use strict";

(function () {
  const HEIGHT = 190;
  const LINES = 6;
  const WHOLE = [1, 2, 5].flatMap((one) => [one, one * 10, one * 100, one * 1e3, one * 1e4, one * 1e5]).sort((a, b) => a - b);
  const drawn = new Map();

  // The colours are custom properties that differ by theme; an element resolves them.
  function colour(name) {
    const probe = document.createElement("span");
    probe.hidden = true;
    probe.style.color = "var(" + name + ")";
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }

  function shown(unit) {
    return function (_plot, value) {
      if (value == null) return "";
      const text = value >= 100 ? Math.round(value).toLocaleString("en") : String(+value.toFixed(2));
      return unit ? text + " " + unit : text;
    };
  }

  function axisValues(unit) {
    const one = shown(unit);
    return (plot, values) => values.map((value) => one(plot, value));
  }

  function faint(stroke) {
    return stroke.replace("rgb(", "rgba(").replace(")", ", 0.10)");
  }

  function options(data, width) {
    const grid = { stroke: colour("--line"), width: 1 };
    const axis = { stroke: colour("--muted"), grid: grid, ticks: { show: false }, font: "12px " + getComputedStyle(document.body).fontFamily };
    return {
      width: width,
      height: HEIGHT,
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Asia/Shanghai"),
      cursor: { sync: { key: "plots" }, points: { size: 6 }, drag: { x: false, y: false } },
      legend: { live: true },
      scales: { y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.08 : 1] } },
      axes: [
        Object.assign({ values: timeValues, space: 70, size: 30 }, axis),
        Object.assign({ values: axisValues(data.unit), size: 52, incrs: data.unit ? undefined : WHOLE }, axis),
      ],
      series: [{ label: "", value: (_plot, at) => (at == null ? "" : stamp(at, true)) }].concat(
        data.lines.map(function (line, number) {
          const stroke = colour("--line-" + ((number % LINES) + 1));
          return {
            label: line.label,
            value: shown(data.unit),
            stroke: stroke,
            width: data.bars ? 0 : 1.75,
            fill: data.bars ? stroke : number === 0 ? faint(stroke) : undefined,
            paths: data.bars ? uPlot.paths.bars({ size: [0.8, 14], align: 1 }) : undefined,
            points: { show: false },
            spanGaps: false,
          };
        }),
      ),
    };
  }

  function stamp(at, withDay) {
    const parts = { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Asia/Shanghai" };
    if (withDay) Object.assign(parts, { month: "2-digit", day: "2-digit" });
    return new Intl.DateTimeFormat(document.documentElement.lang, parts).format(new Date(at * 1000));
  }

  function timeValues(plot, values) {
    const days = plot.scales.x.max - plot.scales.x.min > 2 * 86400;
    return values.map(function (at) {
      if (!days) return stamp(at, false);
      const parts = { month: "2-digit", day: "2-digit", timeZone: "Asia/Shanghai" };
      return new Intl.DateTimeFormat(document.documentElement.lang, parts).format(new Date(at * 1000));
    });
  }

  const resized = new ResizeObserver(function (entries) {
    entries.forEach(function (entry) {
      const plot = drawn.get(entry.target);
      const width = Math.floor(entry.contentRect.width);
      if (plot && width && plot.width !== width) plot.setSize({ width: width, height: HEIGHT });
    });
  });

  function draw(element) {
    const data = JSON.parse(element.dataset.plot);
    const values = [data.times].concat(data.lines.map((line) => line.values));
    drawn.set(element, new uPlot(options(data, element.clientWidth || 300), values, element));
    resized.observe(element);
  }

  function drawAll() {
    drawn.forEach(function (plot, element) {
      if (element.isConnected) return;
      resized.unobserve(element);
      plot.destroy();
      drawn.delete(element);
    });
    document.querySelectorAll("[data-plot]").forEach(function (element) {
      if (!drawn.has(element)) draw(element);
    });
  }

  function drawAnew() {
    drawn.forEach((plot) => plot.destroy());
    drawn.clear();
    drawAll();
  }

  document.addEventListener("DOMContentLoaded", drawAll);
  document.addEventListener("htmx:afterSettle", drawAll);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAnew);
})();
