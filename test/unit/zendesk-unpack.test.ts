import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { readBody } from '../../src/zendesk/unpack.ts';

const text = '{"access_logs":[]}'.repeat(5_000);
const plain = Buffer.from(text);

/** A body that arrives in pieces. */
function inPieces(body: Buffer, bytes = 100): Readable {
  const pieces = Array.from({ length: Math.ceil(body.length / bytes) }, (_, place) =>
    body.subarray(place * bytes, (place + 1) * bytes),
  );
  return Readable.from(pieces);
}

const packed: [string | undefined, Buffer][] = [
  [undefined, plain],
  ['', plain],
  ['identity', plain],
  ['gzip', gzipSync(plain)],
  ['GZIP', gzipSync(plain)],
  ['x-gzip', gzipSync(plain)],
  ['br', brotliCompressSync(plain)],
  ['deflate', deflateSync(plain)],
  ['deflate', deflateRawSync(plain)],
];

describe('readBody', () => {
  for (const [encoding, body] of packed)
    it(`unpacks ${encoding ?? 'no encoding'} of ${body.length} bytes, and no byte more than allowed`, async () => {
      assert.equal((await readBody(inPieces(body), encoding, plain.length))?.toString(), text);
      assert.equal(await readBody(inPieces(body), encoding, plain.length - 1), undefined);
    });

  it('stops reading a body that unpacks to far more, also an endless one', async () => {
    const member = gzipSync(Buffer.alloc(1_000_000));
    const source = Readable.from(
      (function* () {
        for (;;) yield member;
      })(),
    );
    assert.equal(await readBody(source, 'gzip', 2_000_000), undefined);
    assert.ok(source.destroyed);
  });

  it('refuses cut data and unknown encodings, and throws the error of the source', async () => {
    const cut = gzipSync(plain).subarray(0, 50);
    await assert.rejects(readBody(inPieces(cut), 'gzip', 1_000_000), { code: 'Z_BUF_ERROR' });
    for (const encoding of ['gzip', 'br', 'deflate'])
      await assert.rejects(readBody(inPieces(Buffer.of()), encoding, 1_000_000), {
        code: 'Z_BUF_ERROR',
      });
    const unknown = inPieces(plain);
    await assert.rejects(
      readBody(unknown, 'compress', 1_000_000),
      new Error('the answer has an unknown content-encoding'),
    );
    assert.ok(unknown.destroyed);
    const broken = new Error('the connection was lost');
    for (const encoding of [undefined, 'gzip', 'deflate'])
      await assert.rejects(
        readBody(
          new Readable({
            read() {
              this.destroy(broken);
            },
          }),
          encoding,
          1_000_000,
        ),
        broken,
      );
  });
});
