/** A real SMTP server on this machine, which keeps what it is sent. */
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import type { Certificate } from './certificates.ts';

/** A mail that came, and how. */
type ReceivedMail = {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and body, as they came. */
  readonly source: string;
  readonly isEncrypted: boolean;
  readonly user: string | undefined;
};

/** It listens at 127.0.0.1. */
type MailServer = {
  readonly port: number;
  readonly received: readonly ReceivedMail[];
  /** Each mail is refused with this status from now on; undefined: none is. */
  refuseWith(status: number | undefined): void;
  stop(): Promise<void>;
};

/** How it differs from a server without TLS and without a login. */
type MailServerOptions = {
  /** With TLS from the first byte, or offered by STARTTLS. */
  readonly tls?: Certificate & { readonly isImplicit: boolean };
  readonly login?: { readonly user: string; readonly password: string };
};

/** Starts one on a free port. */
export async function startMailServer({ tls, login }: MailServerOptions = {}): Promise<MailServer> {
  const received: ReceivedMail[] = [];
  let refusal: number | undefined;
  const server = new SMTPServer({
    ...(tls === undefined
      ? { disabledCommands: ['STARTTLS'] }
      : { secure: tls.isImplicit, cert: tls.cert, key: tls.key }),
    authOptional: login === undefined,
    onAuth({ username, password }, _session, done) {
      const isRight = username === login?.user && password === login?.password;
      if (isRight) done(null, { user: username });
      else done(Object.assign(new Error(`wrong: ${password ?? ''}`), { responseCode: 535 }));
    },
    onData(stream, { envelope, user, secure }, done) {
      void text(stream).then((source) => {
        if (refusal !== undefined) {
          done(Object.assign(new Error('No, because of <private>'), { responseCode: refusal }));
          return;
        }
        const { mailFrom, rcptTo } = envelope;
        received.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          source,
          isEncrypted: secure,
          user: typeof user === 'string' ? user : undefined,
        });
        done();
      });
    },
  });
  server.on('error', () => {});
  const listening: Server = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return {
    port: (listening.address() as AddressInfo).port,
    received,
    refuseWith: (status) => (refusal = status),
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
