/** The files of the page: sent as they are in the package, packed once. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Context, Hono } from 'hono';
import { addPath } from '../answers.ts';

const folder = fileURLToPath(new URL('../../page/files/', import.meta.url));

/** What comes from other packages: the address, the file, and what is added to it. */
const vendored = [
  ['/vendor/preact.js', import.meta.resolve('htm/preact/standalone'), ''],
  [
    '/vendor/uplot.js',
    import.meta.resolve('uplot/dist/uPlot.iife.min.js'),
    '\nexport default uPlot;\n',
  ],
  ['/vendor/uplot.css', import.meta.resolve('uplot/dist/uPlot.min.css'), ''],
] as const;

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Adds the addresses of all files; `/` is `index.html`. */
export function addFiles(app: Hono): void {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => extname(name) in types,
  );
  for (const name of names) {
    const path = `/${name.replaceAll('\\', '/')}`;
    addFile(app, path === '/index.html' ? '/' : path, () => readFileSync(join(folder, name)));
  }
  for (const [path, url, addition] of vendored)
    addFile(app, path, () =>
      Buffer.concat([readFileSync(fileURLToPath(url)), Buffer.from(addition)]),
    );
}

/** A file in each of its forms. */
type PackedFile = {
  readonly tag: string;
  readonly forms: Readonly<Record<'br' | 'gzip' | 'identity', Buffer>>;
};

function addFile(app: Hono, path: string, read: () => Buffer): void {
  const type = types[path === '/' ? '.html' : extname(path)] ?? 'application/octet-stream';
  let packed: PackedFile | undefined;
  addPath(app, path, async (context) => sendFile(context, type, (packed ??= pack(read()))));
}

function pack(content: Buffer): PackedFile {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 9,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  };
  return {
    tag: createHash('sha256').update(content).digest('base64url').slice(0, 20),
    forms: {
      br: brotliCompressSync(content, { params }),
      gzip: gzipSync(content, { level: 9 }),
      identity: content,
    },
  };
}

function sendFile(context: Context, type: string, { tag, forms }: PackedFile): Response {
  const accepted = context.req.header('accept-encoding') ?? '';
  const form = (['br', 'gzip'] as const).find((name) => new RegExp(`\\b${name}\\b`).test(accepted));
  const headers = {
    'content-type': type,
    // A browser asks again each time, and is answered without the content while that is the same.
    'cache-control': 'no-cache',
    etag: `"${tag}"`,
    vary: 'accept-encoding',
    'x-content-type-options': 'nosniff',
  };
  if (context.req.header('if-none-match')?.includes(tag) === true)
    return new Response(null, { status: 304, headers });
  const body = forms[form ?? 'identity'];
  return new Response(Uint8Array.from(body), {
    headers: {
      ...headers,
      'content-length': String(body.length),
      ...(form === undefined ? {} : { 'content-encoding': form }),
    },
  });
}
