// Turns a chart that the server drew as plain SVG into one that answers pointer, touch and keyboard.
//
// In: an element as large as the chart (no padding), with the server's <svg> inside, and an ECharts option as JSON,
// built in Rust. Out: the same chart in the same box. Loaded by the chart islands on the first interaction, so its size
// delays no page. Built by end2end/assets.mjs into public/built/charts.js with the parts of ECharts that are used.
//
//   const chart = trackflowCharts.draw(element, optionJson)   draws, or redraws in place
//   chart.update(optionJson); chart.dispose()                  trackflowCharts.dispose(element) does the same
//
// JSON holds no functions and the server does not know the theme, so this file adds both. In an option:
//   - a colour may be any CSS colour, most usefully "var(--chart-line)"; it is resolved at the element
//   - colours, axes and tooltip that the option leaves open come from the page's custom properties
//   - `trackflow` describes what is shown, for labels and figures:
//       metric          "visitors", "bounce_rate", …: decides how figures are written (see `unitOf`)
//       label           what the figure counts, "visitors"; without it the name of the series
//       labels          one long label a bucket; without it the axis' own
//       previous        figures of the compared period, null where there are none
//       previousLabels  its labels
//       partial         true if the last bucket is still open
//       notes           pairs of a bucket's position and the texts that are noted there
//   - the series with id or name "previous" is the comparison, all others are parts of the current period
//
// Works under `style-src 'self'`: styles are set through the CSSOM, never as attributes, and nothing is parsed as HTML.
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([LineChart, BarChart, GridComponent, MarkLineComponent, TooltipComponent, SVGRenderer]);

const drawn = new Map(); // element → chart
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
const NBSP = "\u00a0";

/** Draws `option` over the server's SVG in `element`, or replaces what was drawn there before. */
function draw(element, option) {
  const existing = drawn.get(element);
  if (existing) {
    existing.update(option);
    return existing;
  }
  const chart = new Chart(element, option);
  drawn.set(element, chart);
  return chart;
}

/** Removes the chart from `element` and shows the server's SVG again. */
function dispose(element) {
  drawn.get(element)?.dispose();
}

class Chart {
  constructor(element, option) {
    this.element = element;
    this.option = parse(option);
    this.point = -1;
    this.serverSvg = element.querySelector("svg");

    if (getComputedStyle(element).position === "static") element.style.position = "relative";
    this.box = document.createElement("div");
    Object.assign(this.box.style, { position: "absolute", inset: "0" });
    // The element itself speaks: its name, the live region and the table beside it say more than ECharts' shapes.
    this.box.setAttribute("aria-hidden", "true");
    this.live = document.createElement("div");
    this.live.setAttribute("aria-live", "polite");
    Object.assign(this.live.style, {
      position: "absolute", width: "1px", height: "1px", overflow: "hidden", clipPath: "inset(50%)", whiteSpace: "nowrap",
    });
    element.append(this.box, this.live);
    this.describe();

    this.echarts = init(this.box, undefined, { renderer: "svg" });
    this.echarts.setOption(this.complete({ animated: false }));
    // Hidden, not removed: it keeps the box's size and comes back when the chart goes.
    if (this.serverSvg) this.serverSvg.style.visibility = "hidden";

    this.resizes = new ResizeObserver(() => this.resize());
    this.resizes.observe(element);
    this.onKey = (event) => this.key(event);
    this.onBlur = () => this.hideTip();
    element.addEventListener("keydown", this.onKey);
    element.addEventListener("blur", this.onBlur);
  }

  update(option) {
    this.option = parse(option);
    this.hideTip();
    this.echarts.setOption(this.complete({ animated: true }), { notMerge: true });
  }

  dispose() {
    drawn.delete(this.element);
    this.resizes.disconnect();
    this.element.removeEventListener("keydown", this.onKey);
    this.element.removeEventListener("blur", this.onBlur);
    this.echarts.dispose();
    this.box.remove();
    this.live.remove();
    if (this.serverSvg) this.serverSvg.style.visibility = "";
  }

  /** Takes the colours of the theme that now holds. */
  retheme() {
    this.echarts.setOption(this.complete({ animated: false }), { notMerge: true });
    if (this.point >= 0) this.showTip(this.point);
  }

  resize() {
    // A folded or removed element has no size; ECharts would warn and draw nothing.
    if (this.box.clientWidth && this.box.clientHeight) this.echarts.resize();
  }

  complete(how) {
    const theme = themeOf(this.element);
    const option = completed(this.option, theme, how);
    theme.resolve.done();
    return option;
  }

  // Only what the page has left open, so that a page can say it better.
  describe() {
    const { element, serverSvg } = this;
    if (!element.hasAttribute("tabindex")) element.tabIndex = 0;
    if (!element.hasAttribute("role")) element.setAttribute("role", "group");
    if (!element.hasAttribute("aria-label") && !element.hasAttribute("aria-labelledby")) {
      const name = serverSvg?.getAttribute("aria-label") || serverSvg?.querySelector("title")?.textContent;
      if (name) element.setAttribute("aria-label", name);
    }
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const last = pointCount(this.option) - 1;
    const target = {
      ArrowLeft: this.point < 0 ? last : Math.max(0, this.point - 1),
      ArrowRight: Math.min(last, this.point + 1),
      Home: 0,
      End: last,
    }[event.key];
    if (target !== undefined && last >= 0) {
      event.preventDefault(); // or the page would scroll
      this.showTip(target);
      this.live.textContent = sentence(factsAt(this.option, target));
    } else if (event.key === "Escape" && this.point >= 0) {
      event.stopPropagation(); // a dialog around the chart stays open
      this.hideTip();
    }
  }

  showTip(index) {
    this.point = index;
    // By place, not by series: a series may have a gap just here.
    const x = this.echarts.convertToPixel({ xAxisIndex: 0 }, index);
    this.echarts.dispatchAction({ type: "showTip", x, y: this.box.clientHeight / 2 });
  }

  hideTip() {
    if (this.point < 0) return;
    this.point = -1;
    this.live.textContent = "";
    this.echarts.dispatchAction({ type: "hideTip" });
    this.echarts.dispatchAction({ type: "updateAxisPointer", currTrigger: "leave" });
  }
}

function parse(option) {
  return typeof option === "string" ? JSON.parse(option) : option;
}

function asList(value) {
  return value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
}

// What a point says, apart from how it is shown: the tooltip and the live region read the same facts.

function pointCount(option) {
  const { labels } = option.trackflow || {};
  const axis = asList(option.xAxis)[0]?.data;
  return (labels || axis || asList(option.series)[0]?.data || []).length;
}

function isPrevious(series) {
  return /^previous/i.test(series.id || series.name || "");
}

function numberAt(series, index) {
  const item = asList(series.data)[index];
  const value = item && typeof item === "object" && !Array.isArray(item) ? item.value : item;
  const number = Array.isArray(value) ? value[1] : value;
  // charming writes gaps as null or "-".
  return typeof number === "number" ? number : null;
}

function factsAt(option, index) {
  const about = option.trackflow || {};
  const axisLabel = asList(option.xAxis)[0]?.data?.[index];
  const title = about.labels?.[index] ?? (axisLabel?.value ?? axisLabel ?? "");
  const current = asList(option.series).filter((series) => !isPrevious(series));
  const isOpen = Boolean(about.partial) && index === pointCount(option) - 1;
  const notes = (about.notes || []).find(([bucket]) => bucket === index)?.[1] || [];

  if (!about.metric && current.length > 1) {
    const rows = current.map((series) => ({ label: series.name || "", text: figure(numberAt(series, index), about.metric) }));
    return { title: String(title), rows, isOpen, notes };
  }
  const value = current.map((series) => numberAt(series, index)).find((number) => number !== null) ?? null;
  const rows = [{ label: about.label || current[0]?.name || "", text: figure(value, about.metric), isMain: true }];
  const previousSeries = asList(option.series).find(isPrevious);
  const previous = about.previous?.[index] ?? (previousSeries ? numberAt(previousSeries, index) : null);
  if (previous !== null) {
    rows.push({ label: about.previousLabels?.[index] || "Previous", text: figure(previous, about.metric) });
  }
  return { title: String(title), rows, change: isOpen ? "" : change(value, previous, about.metric), isOpen, notes };
}

function sentence({ title, rows, change, isOpen, notes }) {
  const [first, ...others] = rows;
  const parts = [`${title}: ${first.text} ${first.label}`.trim(), ...others.map(({ label, text }) => `${label}: ${text}`)];
  if (change) parts.push(change);
  if (isOpen) parts.push("not over yet");
  parts.push(...notes);
  return parts.join(", ");
}

// Figures, written as the server writes them.

// Rates are fractions (0 to 1), durations seconds, scroll depth percent.
function unitOf(metric = "") {
  if (/rate$/.test(metric)) return "rate";
  if (metric === "scroll_depth") return "percent";
  if (/duration|time/.test(metric)) return "duration";
  return "number";
}

const grouped = (digits) => new Intl.NumberFormat("en", { maximumFractionDigits: digits });
const whole = grouped(0);
const oneDigit = grouped(1);
const twoDigits = grouped(2);

// Exact, for the tooltip.
function figure(value, metric) {
  if (value === null || value === undefined) return "–";
  switch (unitOf(metric)) {
    case "rate": return percent(value * 100);
    case "percent": return percent(value);
    case "duration": return duration(value);
    default: return twoDigits.format(value);
  }
}

// Short, for the axis.
function shortFigure(value, metric) {
  switch (unitOf(metric)) {
    case "rate": return percent(value * 100);
    case "percent": return percent(value);
    case "duration": return duration(value);
    default: return compact(value);
  }
}

function compact(value) {
  const size = Math.abs(value);
  // The thresholds are those of rounding: 999,950 is 1M, not 1000k.
  for (const [unit, name] of [[1e9, "B"], [1e6, "M"], [1e3, "k"]]) {
    if (size >= (unit === 1e3 ? 1e4 : unit * 0.9995)) {
      const scaled = value / unit;
      return (Math.abs(scaled) < 99.95 ? oneDigit : whole).format(scaled) + name;
    }
  }
  return (size < 10 ? twoDigits : oneDigit).format(value);
}

function percent(value) {
  return (Math.abs(value) < 9.95 ? oneDigit : whole).format(value) + NBSP + "%";
}

function duration(seconds) {
  const total = Math.round(seconds);
  const units = [[Math.floor(total / 3600), "h"], [Math.floor(total / 60) % 60, "m"], [total % 60, "s"]];
  const shown = units.filter(([amount]) => amount > 0).slice(0, 2);
  return shown.map(([amount, unit]) => amount + unit).join(" ") || "0s";
}

// As domain::report::Change: rates differ by percentage points, everything else relatively.
function change(value, previous, metric) {
  if (value === null || previous === null) return "";
  const isRate = unitOf(metric) === "rate";
  if (!isRate && previous === 0) return "";
  const amount = isRate ? (value - previous) * 100 : ((value - previous) / previous) * 100;
  const size = Math.abs(amount);
  const text = isRate ? `${oneDigit.format(size)}${NBSP}points` : percent(size);
  if (size < 0.05) return `±${text}`;
  return amount > 0 ? `↑ +${text}` : `↓ −${text}`;
}

// The tooltip: nodes and textContent, because labels are names that visitors can choose.

function tooltipNode(facts, theme) {
  const root = node("div", "chart-tooltip-body", { fontVariantNumeric: "tabular-nums", lineHeight: "1.5" });
  root.append(node("div", "chart-tooltip-title", { color: theme.muted }, facts.title));
  const table = node("div", "chart-tooltip-rows", { display: "grid", gridTemplateColumns: "auto auto", columnGap: "16px" });
  for (const { label, text, isMain } of facts.rows) {
    // Long labels wrap, or `confine` could not keep the tooltip inside.
    table.append(
      node("span", "chart-tooltip-label", { maxWidth: "220px", whiteSpace: "normal", overflowWrap: "anywhere", color: isMain ? theme.text : theme.muted }, label),
      node("span", "chart-tooltip-value", { textAlign: "right", fontWeight: isMain ? "600" : "400", color: isMain ? theme.text : theme.muted }, text),
    );
  }
  root.append(table);
  const note = facts.isOpen ? "Not over yet" : facts.change;
  if (note) root.append(node("div", "chart-tooltip-change", { textAlign: "right", color: theme.muted }, note));
  for (const text of facts.notes) {
    root.append(node("div", "chart-tooltip-note", { maxWidth: "260px", whiteSpace: "normal", overflowWrap: "anywhere", color: theme.text }, `◆ ${text}`));
  }
  return root;
}

function node(tag, className, style, text) {
  const element = document.createElement(tag);
  element.className = className;
  Object.assign(element.style, style);
  if (text !== undefined) element.textContent = text;
  return element;
}

// Theme.

function themeOf(element) {
  const resolve = colourResolver(element);
  const style = getComputedStyle(element);
  return {
    resolve,
    text: resolve("var(--text, currentColor)"),
    muted: resolve("var(--text-muted, #64748b)"),
    line: resolve("var(--chart-line, var(--accent, #4338ca))"),
    grid: resolve("var(--chart-grid, #e2e8f0)"),
    surface: resolve("var(--surface, #fff)"),
    border: resolve("var(--border, #cbd5e1)"),
    font: style.fontFamily,
  };
}

// A custom property with light-dark() in it computes to itself; only a real property of an element makes it a colour.
// That colour may be oklch(), which ECharts cannot read: a pixel of it is always plain red, green and blue.
function colourResolver(element) {
  const probe = document.createElement("span");
  probe.hidden = true;
  element.append(probe);
  const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const resolve = (colour) => {
    if (!known.has(colour)) {
      probe.style.color = "";
      probe.style.color = colour;
      const computed = getComputedStyle(probe).color;
      known.set(colour, computed.startsWith("rgb") ? computed : asRgb(computed, pixel));
    }
    return known.get(colour);
  };
  resolve.done = () => probe.remove();
  return resolve;
}

function asRgb(colour, pixel) {
  // Painted opaque: in a faint pixel only a few steps of each channel would be left.
  const alpha = / \/ ([\d.]+)\)$/.exec(colour);
  pixel.fillStyle = alpha ? colour.replace(alpha[0], ")") : colour;
  pixel.fillRect(0, 0, 1, 1);
  const [red, green, blue] = pixel.getImageData(0, 0, 1, 1).data;
  return `rgba(${red},${green},${blue},${alpha ? alpha[1] : 1})`;
}

// Replaces the CSS colours that ECharts cannot read, wherever they stand.
function withColours(value, resolve) {
  if (typeof value === "string") return /^(var|light-dark|color-mix|oklch|oklab)\(/.test(value) ? resolve(value) : value;
  if (Array.isArray(value)) return value.map((item) => withColours(item, resolve));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withColours(item, resolve)]));
  }
  return value;
}

// `given` wins over `defaults`, at every depth; lists are taken whole.
function merged(defaults, given) {
  const isPlain = (value) => value && typeof value === "object" && !Array.isArray(value);
  if (given === undefined || given === null) return defaults;
  if (!isPlain(defaults) || !isPlain(given)) return given;
  const result = { ...defaults };
  for (const key of Object.keys(given)) result[key] = merged(defaults[key], given[key]);
  return result;
}

function completed(source, theme, { animated }) {
  const { trackflow, ...plain } = source;
  const option = withColoursOutsideData(plain, theme);
  const metric = trackflow?.metric;
  const text = { color: theme.muted, fontFamily: theme.font, fontSize: 12 };
  const isMoving = animated && !reducedMotion.matches;

  const axis = (given) => {
    const isValue = given.type === "value" || given.type === "log";
    const defaults = isValue
      ? {
          axisLine: { show: false }, axisTick: { show: false },
          splitLine: { lineStyle: { color: theme.grid, width: 1 } },
          axisLabel: { ...text, formatter: (value) => shortFigure(value, metric) },
        }
      : {
          axisLine: { lineStyle: { color: theme.border } }, axisTick: { show: false },
          splitLine: { show: false },
          axisLabel: { ...text, hideOverlap: true, alignMinLabel: "left", alignMaxLabel: "right" },
        };
    return merged(defaults, given);
  };
  const series = (given) => {
    const colour = isPrevious(given) ? theme.muted : theme.line;
    const isLine = given.type === "line";
    const defaults = isLine
      ? {
          color: colour, z: isPrevious(given) ? 1 : 2, symbol: "circle", symbolSize: 6, showSymbol: false,
          lineStyle: { color: colour, width: isPrevious(given) ? 1.5 : 2 },
          ...(given.areaStyle ? { areaStyle: { color: colour, opacity: 0.12 } } : {}),
          emphasis: { scale: false, lineStyle: { width: isPrevious(given) ? 1.5 : 2 } },
        }
      : { itemStyle: { color: colour }, color: colour };
    return merged(defaults, given);
  };
  const tooltip = {
    ...merged({ trigger: "axis", axisPointer: { type: "line", lineStyle: { color: theme.border, type: "solid" } } }, option.tooltip),
    renderMode: "html",
    className: "chart-tooltip",
    confine: true,
    transitionDuration: reducedMotion.matches ? 0 : 0.12,
    backgroundColor: theme.surface,
    borderColor: theme.border,
    borderWidth: 1,
    padding: [8, 12],
    textStyle: { color: theme.text, fontFamily: theme.font, fontSize: 13 },
    formatter: (params) => {
      const first = asList(params)[0];
      return first ? tooltipNode(factsAt(source, first.dataIndex), theme) : "";
    },
  };
  return {
    ...option,
    textStyle: merged({ fontFamily: theme.font, color: theme.text }, option.textStyle),
    animation: isMoving,
    animationDuration: 160,
    animationDurationUpdate: 160,
    // The labels' width depends on the figures, which only ECharts measures.
    grid: option.grid ?? { left: 4, right: 12, top: 12, bottom: 4, containLabel: true },
    xAxis: asList(option.xAxis).map(axis),
    yAxis: asList(option.yAxis).map(axis),
    series: asList(option.series).map(series),
    tooltip,
  };
}

// Names in `data` are left alone: a page that is called "var(--x)" keeps its name.
function withColoursOutsideData(option, theme) {
  const part = (value) => {
    if (!value || typeof value !== "object") return withColours(value, theme.resolve);
    const { data, ...rest } = value;
    return { ...withColours(rest, theme.resolve), ...(data === undefined ? {} : { data }) };
  };
  const entries = Object.entries(option).map(([key, value]) => [key, Array.isArray(value) ? value.map(part) : part(value)]);
  return Object.fromEntries(entries);
}

function rethemeAll() {
  for (const [element, chart] of drawn) {
    // The page's router may have dropped the element without a word.
    if (element.isConnected) chart.retheme();
    else chart.dispose();
  }
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", rethemeAll);
reducedMotion.addEventListener("change", rethemeAll);
new MutationObserver(rethemeAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });

globalThis.trackflowCharts = { draw, dispose };
