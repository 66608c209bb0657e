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
      const read = await readBody(inPieces(body), encoding, plain.length);
      assert.equal(read?.bytes.toString(), text);
      assert.equal(read.unpackAgain().toString(), text);
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

  it('unpacks a single byte and several bodies in one, and refuses gzip that says a wrong size', async () => {
    const first = gzipSync('{"access_logs":');
    const wrong = gzipSync(plain);
    for (const size of [0, 64, plain.length - 1, plain.length + 1, 0xffff_ffff]) {
      wrong.writeUInt32LE(size, wrong.length - 4);
      // A wrong size is broken data for zlib, whatever buffer was made for it.
      await assert.rejects(readBody(inPieces(wrong), 'gzip', 1_000_000), { code: 'Z_DATA_ERROR' });
    }
    for (const [packedBody, expected] of [
      [gzipSync('1'), '1'],
      [Buffer.concat([first, gzipSync('[]}')]), '{"access_logs":[]}'],
      [Buffer.concat([gzipSync(plain), first]), `${text}{"access_logs":`],
    ] as const) {
      const read = await readBody(inPieces(packedBody), 'gzip', 1_000_000);
      assert.equal(read?.bytes.toString(), expected);
      assert.equal(read.unpackAgain().toString(), expected);
    }
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
