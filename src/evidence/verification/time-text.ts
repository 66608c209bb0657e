/** A time in microseconds since 1970 as ISO 8601. */
export function formatMicros(micros: string): string {
  const ms = Math.floor(Number(micros) / 1000);
  const rest = Number(micros) - ms * 1000;
  const text = new Date(ms).toISOString();
  return rest === 0
    ? text.replace('.000Z', 'Z')
    : text.replace('Z', `${String(rest).padStart(3, '0')}Z`);
}
