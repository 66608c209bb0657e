/** A stacked chart of days in which a part of the time can be dragged over. */
import { html, useEffect, useRef } from './vendor/preact.js';
import { dayAfter, writeDay } from './days.js';
import uPlot from './vendor/uplot.js';

const dayMs = 86_400_000;
const height = 220;
const dark = matchMedia('(prefers-color-scheme: dark)');

/**
 * @param rows one a day, with `day`; days that are missing have nothing
 * @param series what is stacked, the lowest first: `{ label, colour }`, where the colour is the number of one
 * @param part the chosen days, or undefined
 * @param choose called with `{ from, until }`
 */
export function StackedChart({ title, series, rows, valuesOf, whole, part, choose }) {
  const place = useRef();
  const chosen = useRef(choose);
  chosen.current = choose;
  const key = JSON.stringify([whole, part, series]);
  useEffect(() => {
    const draw = () => {
      const data = stack(rows, valuesOf, series.length, whole);
      return new uPlot(
        describe({ series, data, part, whole, place, chosen }),
        data.stacked,
        place.current,
      );
    };
    let plot = draw();
    const redraw = () => {
      plot.destroy();
      plot = draw();
    };
    const observer = new ResizeObserver(() => {
      const width = place.current.clientWidth;
      if (width !== plot.width) plot.setSize({ width, height });
    });
    observer.observe(place.current);
    dark.addEventListener('change', redraw);
    return () => {
      observer.disconnect();
      dark.removeEventListener('change', redraw);
      plot.destroy();
    };
  }, [key, rows]);
  return html`<figure
    class="chart"
    aria-label=${`${title}: chart, the table below has its numbers`}
    role="group"
  >
    <div ref=${place}></div>
  </figure>`;
}

/** A value for each day of the whole, and what is on top of what. */
function stack(rows, valuesOf, count, { from, until }) {
  const byDay = new Map(rows.map((row) => [row.day, valuesOf(row)]));
  const times = [];
  const plain = Array.from({ length: count }, () => []);
  for (let ms = Date.parse(from); ms < Date.parse(until); ms += dayMs) {
    times.push(ms / 1000);
    const values = byDay.get(writeDay(ms));
    for (const [index, list] of plain.entries()) list.push(values?.[index] ?? 0);
  }
  const stacked = plain.map((list) => list.slice());
  for (const [index, list] of stacked.entries())
    if (index > 0) for (const at of list.keys()) list[at] += stacked[index - 1][at];
  // The highest is drawn first, the others over it.
  return { plain, stacked: [times, ...stacked.toReversed()] };
}

function describe({ series, data, part, whole, place, chosen }) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const resolved = resolver();
  const ground = resolved(colour('--chosen'));
  const axis = {
    stroke: resolved(colour('--muted')),
    grid: { stroke: resolved(colour('--line')), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  };
  const bars = uPlot.paths.bars({ size: [0.9, 60], gap: 0 });
  return {
    width: place.current.clientWidth,
    height,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    cursor: { drag: { x: true, y: false, setScale: false }, points: { show: false } },
    legend: { live: true },
    scales: {
      x: {
        range: () => [
          Date.parse(whole.from) / 1000 - 43_200,
          Date.parse(whole.until) / 1000 - 43_200,
        ],
      },
      y: { range: (_plot, _least, most) => [0, Math.max(1, most * 1.05)] },
    },
    axes: [
      {
        ...axis,
        size: 28,
        space: 95,
        values: (_plot, splits) => splits.map((each) => writeDay(each * 1000)),
      },
      {
        ...axis,
        size: 56,
        values: (_plot, splits) => splits.map((each) => each.toLocaleString('en-GB')),
      },
    ],
    series: [
      {
        label: 'Day',
        value: (_plot, seconds) => (seconds === null ? '–' : writeDay(seconds * 1000)),
      },
      ...series
        .map(({ label, colour: number }, index) => ({
          label,
          stroke: resolved(colour(`--series-${number}`)),
          fill: resolved(colour(`--series-${number}`)),
          width: 0,
          paths: bars,
          points: { show: false },
          value: (_plot, _value, _series, at) =>
            at === null ? '–' : data.plain[index][at].toLocaleString('en-GB'),
        }))
        .toReversed(),
    ],
    hooks: {
      drawClear: [(plot) => drawPart(plot, part, ground)],
      setSelect: [(plot) => tellSelected(plot, chosen.current)],
    },
  };
}

/** A canvas knows no `light-dark()`. */
function resolver() {
  const probe = document.createElement('span');
  document.body.append(probe);
  return (text) => {
    probe.style.color = text;
    const { color } = getComputedStyle(probe);
    queueMicrotask(() => probe.remove());
    return color;
  };
}

function drawPart(plot, part, colour) {
  if (part === undefined) return;
  const edge = (day) => plot.valToPos(Date.parse(day) / 1000 - 43_200, 'x', true);
  const { left, top, width, height: inner } = plot.bbox;
  const from = Math.max(left, edge(part.from));
  const to = Math.min(left + width, edge(part.until));
  plot.ctx.save();
  plot.ctx.fillStyle = colour;
  plot.ctx.fillRect(from, top, to - from, inner);
  plot.ctx.restore();
}

/** Each day that the selection touches. */
function tellSelected(plot, choose) {
  const { left, width } = plot.select;
  if (width < 2) return;
  const dayAt = (pixel) => writeDay((plot.posToVal(pixel, 'x') + 43_200) * 1000);
  const from = dayAt(left);
  const last = dayAt(left + width);
  plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  choose({ from, until: dayAfter(last) });
}
