import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  formatCheckpoint,
  openCheckpoint,
  parseCheckpoint,
} from '../../../src/evidence/forms/checkpoint.ts';
import { FormError } from '../../../src/evidence/forms/form-error.ts';
import {
  formatSigningKey,
  formatVerifierKey,
  makeSigningKey,
  nameVerifierKey,
  parseSigningKey,
  parseVerifierKey,
} from '../../../src/evidence/forms/keys.ts';
import { emptyRoot } from '../../../src/evidence/forms/merkle.ts';
import {
  addSignatures,
  formatNote,
  parseNote,
  signNote,
  verifyNote,
} from '../../../src/evidence/forms/note.ts';

// The keys, the text and the signatures of the tests of golang.org/x/mod/sumdb/note.
const goVerifier = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const goSigner = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const goText =
  'If you think cryptography is the answer to your problem,\n' +
  "then you don't know what your problem is.\n";
const goLine =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
const enochLine =
  '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n';

const goKey = parseVerifierKey(goVerifier);

describe('a verifier key', () => {
  it('is one line of name, id and key, as Go writes it', () => {
    assert.equal(goKey.name, 'PeterNeumann');
    assert.equal(goKey.id, 0xc74f20a3);
    assert.equal(formatVerifierKey(goKey), goVerifier);
    assert.deepEqual(parseVerifierKey(`${goVerifier}\n`), goKey);
  });

  it('is refused when it does not fit its own id, or is of another kind', () => {
    const wrong: readonly (readonly [string, string])[] = [
      ['', 'A verifier key is not of the form name+id+base64.'],
      ['PeterNeumann', 'A verifier key is not of the form name+id+base64.'],
      [
        goVerifier.replace('c74f20a3', 'C74F20A3'),
        'A verifier key is not of the form name+id+base64.',
      ],
      [
        goVerifier.replace('c74f20a3', 'c74f20a4'),
        'The verifier key of PeterNeumann says id c74f20a4, and its name and key have c74f20a3: one of the three was changed.',
      ],
      [
        goVerifier.replace('Peter', 'Petra'),
        'The verifier key of PetraNeumann says id c74f20a3, and its name and key have 1e650506: one of the three was changed.',
      ],
      [
        'PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==',
        'The key in a verifier key is not base64 as RFC 4648 writes it.',
      ],
      [
        'PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
        'The verifier key of PeterNeumann has type 101: expected 1 (Ed25519) or 4 (Ed25519 cosignature).',
      ],
      ['PeterNeumann+173116ae+AQID', 'The verifier key of PeterNeumann has 2 bytes: expected 32.'],
    ];
    for (const [line, message] of wrong) {
      assert.throws(() => parseVerifierKey(line), new FormError('malformed', message), line);
    }
  });

  it('has a name without spaces and plus', () => {
    for (const name of ['', 'a b', 'a\u00a0b', 'a\u2003b', 'a+b', 'a\nb', 'a\u0000b', '\ud800']) {
      assert.throws(() => nameVerifierKey(name, 1, Buffer.alloc(32)), FormError, name);
    }
    assert.equal(
      nameVerifierKey('acme/zendesk-log-sync', 1, Buffer.alloc(32)).name,
      'acme/zendesk-log-sync',
    );
  });
});

describe('a signing key', () => {
  it('is read from the line that Go writes, and signs what Go signs', () => {
    const key = parseSigningKey(`${goSigner}\n`, 'PeterNeumann');
    assert.deepEqual(key.verifier, goKey);
    assert.equal(formatNote(signNote(goText, [key])), `${goText}\n${goLine}`);
  });

  it('is the same after being written as PEM and read', () => {
    const key = makeSigningKey('acme/log');
    const pem = formatSigningKey(key);
    assert.match(pem, /^-----BEGIN PRIVATE KEY-----\n[^]+\n-----END PRIVATE KEY-----\n$/);
    const again = parseSigningKey(pem, 'acme/log');
    assert.deepEqual(again.verifier, key.verifier);
    const message = Buffer.from('signed by the one, verified by the other');
    assert.ok(
      verify(null, message, createPublicKey(key.privateKey), sign(null, message, again.privateKey)),
    );
  });

  it('is refused without a word of its content', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const secret = generateKeyPairSync('ed25519').privateKey.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'x',
    });
    const unreadable =
      'A signing key cannot be read: expected an Ed25519 key without a passphrase as PKCS#8 in PEM, or a line that begins with PRIVATE+KEY+.';
    const wrong: readonly (readonly [string, string])[] = [
      ['', unreadable],
      ['hunter2', unreadable],
      [String(secret), unreadable],
      [
        rsa.export({ type: 'pkcs8', format: 'pem' }).toString(),
        'A signing key is of the kind rsa: expected ed25519.',
      ],
      [
        goSigner.replace('PeterNeumann', 'Enoch'),
        'A signing key has the name Enoch: expected PeterNeumann.',
      ],
      [
        goSigner.replace('c74f20a3', 'c74f20a4'),
        'A signing key of PeterNeumann does not fit its own id c74f20a4.',
      ],
      ['PRIVATE+KEY+PeterNeumann', 'A signing key that begins with PRIVATE+KEY+ is not Ed25519.'],
      [`${goSigner}=`, 'A signing key is not base64 as RFC 4648 writes it.'],
    ];
    for (const [text, message] of wrong) {
      assert.throws(
        () => parseSigningKey(text, 'PeterNeumann'),
        new FormError('malformed', message),
      );
    }
  });
});

describe('a signed note', () => {
  it('of Go is verified, and lines of keys that are not known stay in it and are ignored', () => {
    const note = parseNote(`${goText}\n${enochLine}${goLine}`);
    assert.equal(note.text, goText);
    assert.deepEqual(
      verifyNote(note, [goKey]).map(({ name }) => name),
      ['PeterNeumann'],
    );
    assert.equal(formatNote(note), `${goText}\n${enochLine}${goLine}`);
  });

  it('ends its text at the last empty line', () => {
    const note = parseNote(`one\n\ntwo\n\n${goLine}`);
    assert.equal(note.text, 'one\n\ntwo\n');
  });

  it('is refused whole when a key that is known did not sign this text', () => {
    const key = makeSigningKey('acme/log');
    const signed = signNote(goText, [parseSigningKey(goSigner, 'PeterNeumann'), key]);
    const changed = { ...signed, text: goText.replace('problem', 'Problem') };
    const wrong =
      'The signature of PeterNeumann+c74f20a3 does not fit the text: one of them was changed.';
    assert.throws(() => verifyNote(changed, [goKey]), new FormError('signature', wrong));
    const half = addSignatures(signNote(changed.text, [key]), signed.signatures.slice(0, 1));
    assert.throws(() => verifyNote(half, [key.verifier, goKey]), new FormError('signature', wrong));
    assert.equal(verifyNote(half, [key.verifier]).length, 1);
  });

  it('is refused when no key that is known has signed it: same name with another key, or another name', () => {
    const note = parseNote(`${goText}\n${goLine}`);
    const otherKey = makeSigningKey('PeterNeumann').verifier;
    const otherName = nameVerifierKey('Enoch', 1, goKey.publicKey);
    const unsigned = new FormError(
      'unsigned',
      'None of the keys that are trusted has signed; signed by PeterNeumann+c74f20a3.',
    );
    for (const keys of [[], [otherKey], [otherName]]) {
      assert.throws(() => verifyNote(note, keys), unsigned);
    }
  });

  it('is not verified by a key for cosignatures', () => {
    const key = makeSigningKey('acme/log');
    const witness = nameVerifierKey('acme/log', 4, key.verifier.publicKey);
    const note = signNote(goText, [{ ...key, verifier: witness }]);
    assert.throws(() => verifyNote(note, [witness]), FormError);
  });

  it('is refused in any other form', () => {
    const valid = `${goText}\n${goLine}`;
    const wrong: readonly (string | Buffer)[] = [
      '',
      goText,
      `${goText}\n`,
      `${goText}${goLine}`,
      valid.slice(0, -1),
      `${valid}\n`,
      valid.replace('— ', '- '),
      valid.replace('— ', '—'),
      valid.replace('— ', '–\u0020'),
      valid.replace(' x08', '  x08'),
      valid.replace('PeterNeumann', 'Peter+Neumann'),
      valid.replace('PeterNeumann', 'Peter\u00a0Neumann'),
      valid.replace('x08go', 'x08g!'),
      valid.replace('nAM=', 'nAM'),
      valid.replace('nAM=', 'nAN='),
      valid.replace('nAM=\n', 'nAM= \n'),
      valid.replaceAll('\n', '\r\n'),
      valid.replace('think', 'th\u0001nk'),
      valid.replace('think', 'th\tnk'),
      `${goText}\n— PeterNeumann x08gow==\n`.replace(
        'x08gow==',
        Buffer.alloc(4).toString('base64'),
      ),
      Buffer.concat([Buffer.of(0xff), Buffer.from(valid)]),
      'a'.repeat(1_000_000) + valid,
      `${goText}\n${goLine.repeat(101)}`,
      '\ud800' + valid,
    ];
    for (const note of wrong)
      assert.throws(() => parseNote(note), FormError, String(note).slice(0, 200));
    assert.equal(parseNote(`${goText}\n${goLine.repeat(100)}`).signatures.length, 100);
    assert.equal(parseNote(Buffer.from(valid)).text, goText);
  });

  it('takes a further signature once', () => {
    const note = parseNote(`${goText}\n${goLine}`);
    const further = parseNote(`x\n\n${enochLine}${goLine}`).signatures;
    assert.equal(formatNote(addSignatures(note, further)), `${goText}\n${goLine}${enochLine}`);
  });
});

describe('a checkpoint', () => {
  const root = Buffer.from('CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=', 'base64');
  const text =
    'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
  const checkpoint = {
    origin: 'example.com/behind-the-sofa',
    size: 20_852_163,
    root,
    extensions: [],
  };

  it('is that of the example in its text', () => {
    assert.deepEqual(parseCheckpoint(text), checkpoint);
    assert.equal(formatCheckpoint(checkpoint), text);
    const extended = { ...checkpoint, extensions: ['one', 'two 2'] };
    assert.equal(formatCheckpoint(extended), `${text}one\ntwo 2\n`);
    assert.deepEqual(parseCheckpoint(`${text}one\ntwo 2\n`), extended);
    const empty = { origin: 'a', size: 0, root: emptyRoot, extensions: [] };
    assert.equal(formatCheckpoint(empty), 'a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n');
    assert.deepEqual(parseCheckpoint(formatCheckpoint(empty)), empty);
  });

  it('is refused in any other form', () => {
    const wrong = [
      '',
      '\n',
      text.slice(0, -1),
      text.replace('example.com/behind-the-sofa', ''),
      `${text}\n`,
      `${text}\nextension\n`,
      `${text}extension`,
      text.replace('20852163', '020852163'),
      text.replace('20852163', '-1'),
      text.replace('20852163', '+1'),
      text.replace('20852163', '1e3'),
      text.replace('20852163', '0x10'),
      text.replace('20852163', ' 1'),
      text.replace('20852163', '9007199254740992'),
      text.replace('q2I=', 'q2J='),
      text.replace('q2I=', 'q2I'),
      text.replace('CsUY', ''),
    ];
    for (const each of wrong) assert.throws(() => parseCheckpoint(each), FormError, each);
    for (const lines of [
      { origin: '' },
      { origin: 'a\nb' },
      { extensions: [''] },
      { extensions: ['a\nb'] },
    ]) {
      assert.throws(() => formatCheckpoint({ ...checkpoint, ...lines }), FormError);
    }
  });

  it('counts when the log has signed it, and it is of this log', () => {
    const key = makeSigningKey(checkpoint.origin);
    const other = makeSigningKey(checkpoint.origin);
    const note = formatNote(signNote(text, [key]));
    const opened = openCheckpoint(note, checkpoint.origin, [other.verifier, key.verifier]);
    assert.deepEqual(opened.checkpoint, checkpoint);
    assert.equal(formatNote(opened.note), note);
    assert.throws(() => openCheckpoint(note, checkpoint.origin, [other.verifier]), {
      fault: 'unsigned',
    });
    assert.throws(
      () => openCheckpoint(note.replace('163', '164'), checkpoint.origin, [key.verifier]),
      {
        fault: 'signature',
      },
    );
    assert.throws(
      () => openCheckpoint(note, 'example.com/other', [key.verifier]),
      new FormError(
        'origin',
        'A checkpoint is of the log example.com/behind-the-sofa: expected example.com/other.',
      ),
    );
  });
});
