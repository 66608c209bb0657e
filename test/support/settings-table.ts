import { settings } from '../../src/config/settings.ts';

/**
 * The settings as a Markdown table with aligned columns and a final line break, as prettier would print it. Secret
 * settings name their file form as well.
 */
export function renderSettingsTable(): string {
  const rows = settings.map((setting) => [
    setting.secret ? `\`${setting.name}\`, \`${setting.name}_FILE\`` : `\`${setting.name}\``,
    setting.defaultText,
    setting.meaning,
  ]);
  const header = ['name', 'default', 'meaning'];
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`;
  return [header, widths.map((width) => '-'.repeat(width)), ...rows].map(line).join('');
}
