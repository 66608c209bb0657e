/** What changes in the ledger, as the server sends it. */
import { addressOf, ask } from './ask.js';

/** After an answer that is no stream, it is asked again after this. */
const againMs = 5000;
const hereMs = 20_000;

/**
 * Listens until the function that it returns is called, and not while the tab is hidden.
 *
 * @param version what is known already, or nothing
 * @param told called with the parts that have changed; the first time perhaps with all
 */
export function listen(version, { told, opened = () => {}, lost = () => {} }) {
  const heard = {
    version,
    told,
    opened,
    lost(isOver) {
      lost();
      // Whose session has ended is asked for the token.
      if (isOver) ask('session').catch(() => {});
    },
  };
  let leave;
  const stop = () => {
    leave?.();
    leave = undefined;
  };
  const follow = () => {
    stop();
    if (document.hidden) return;
    leave = 'SharedWorker' in globalThis ? joinStream(heard) : openStream(heard);
  };
  // A page that comes back from the memory of the browser was never hidden.
  const comeBack = ({ persisted }) => persisted && follow();
  follow();
  document.addEventListener('visibilitychange', follow);
  addEventListener('pagehide', stop);
  addEventListener('pageshow', comeBack);
  return () => {
    document.removeEventListener('visibilitychange', follow);
    removeEventListener('pagehide', stop);
    removeEventListener('pageshow', comeBack);
    stop();
  };
}

/** The stream of all tabs, or an own one where the worker cannot be started. */
function joinStream(heard) {
  const worker = new SharedWorker('live-worker.js');
  const { port } = worker;
  let isOver = false;
  let leaveOwn;
  const here = setInterval(() => port.postMessage('here'), hereMs);
  const leave = () => {
    isOver = true;
    clearInterval(here);
    port.postMessage('leave');
    port.close();
  };
  port.addEventListener('message', ({ data }) => {
    if (isOver) return;
    if (data.name === 'told') heard.told(data.parts);
    else if (data.name === 'opened') heard.opened();
    else heard.lost(data.isOver);
  });
  port.start();
  worker.addEventListener('error', () => {
    if (isOver) return;
    leave();
    leaveOwn = openStream(heard);
  });
  return () => (leaveOwn === undefined ? leave() : leaveOwn());
}

/** A browser gives up on an answer such as that of a proxy whose service begins anew: so this asks again. */
function openStream(heard) {
  let source;
  let timer;
  const open = () => {
    source = new EventSource(addressOf('live', { version: heard.version }));
    source.addEventListener('open', heard.opened);
    source.addEventListener('message', ({ data }) => {
      const message = JSON.parse(data);
      heard.version = message.version;
      heard.told(message.parts);
    });
    source.addEventListener('error', ({ target }) => {
      const isOver = target.readyState === EventSource.CLOSED;
      heard.lost(isOver);
      if (isOver) timer = setTimeout(open, againMs);
    });
  };
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
