/** Moments and durations for people: in the reader's zone, with UTC beside. */
import { html, useEffect, useState } from './vendor/preact.js';

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const isUtc = ['UTC', 'Etc/UTC', 'Etc/GMT', 'GMT'].includes(zone);

/** The zone of the reader, such as `Europe/Berlin`. */
export const readerZone = isUtc ? 'UTC' : zone;

const forms = {};

function write(date, timeZone, seconds) {
  const key = `${timeZone}${seconds}`;
  forms[key] ??= new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: seconds ? 'medium' : 'short',
  });
  return forms[key].format(date);
}

/** A moment in the reader's zone: `2026-11-27 15:04`. */
export function writeLocal(at, seconds = false) {
  return write(new Date(at), readerZone, seconds);
}

/** A moment in UTC: `2026-11-27 14:04 UTC`. */
export function writeUtc(at, seconds = false) {
  return `${write(new Date(at), 'UTC', seconds)} UTC`;
}

/** A moment in the reader's zone with UTC beside; a dash for none. */
export function Moment({ at, seconds = false }) {
  if (at === undefined || at === null) return html`<span class="none">–</span>`;
  const local = writeLocal(at, seconds);
  const utc = writeUtc(at, seconds);
  if (isUtc) return html`<time class="moment" datetime=${at}>${utc}</time>`;
  // The date of UTC only where it is another one.
  const beside = utc.slice(0, 10) === local.slice(0, 10) ? utc.slice(11) : utc;
  return html`<time class="moment" datetime=${at} title=${`${local} ${readerZone} = ${utc}`}
    >${local} <small>${beside}</small></time
  >`;
}

const units = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** A duration in its two largest units: `3 d 4 h`. */
export function writeDuration(seconds) {
  const whole = Math.abs(Math.round(seconds));
  const first = units.findIndex(([size]) => whole >= size);
  if (first === -1) return '0 s';
  const [size, unit] = units[first];
  const [smaller, lesser] = units[first + 1] ?? [];
  const rest = smaller === undefined ? 0 : Math.floor((whole % size) / smaller);
  const sign = seconds < 0 ? '−' : '';
  return `${sign}${Math.floor(whole / size)} ${unit}${rest === 0 ? '' : ` ${rest} ${lesser}`}`;
}

/** How long ago a moment was, or how soon it is. */
export function writeDistance(at, now = Date.now()) {
  const seconds = (new Date(at) - now) / 1000;
  return seconds > 0 ? `in ${writeDuration(seconds)}` : `${writeDuration(-seconds)} ago`;
}

/** Milliseconds since 1970, again and again; what shows them changes with the time. */
export function useNow(everyMs) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
