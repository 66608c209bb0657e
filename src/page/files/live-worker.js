/**
 * One stream of what changes for all tabs of a browser, which has only six connections to a server: a shared worker. A tab
 * gets everything first, then what changes.
 */

/** After an answer that is no stream, it is asked again after this. */
const againMs = 5000;
/** A tab that says nothing for so long is gone: tabs say every 20 seconds that they are there. */
const silentMs = 70_000;

/** When each tab was last heard. */
const tabs = new Map();
let source;
let timer;
let isOpen = false;
let version = '';
let parts = {};

addEventListener('connect', ({ ports: [port] }) => {
  tabs.set(port, Date.now());
  port.addEventListener('message', ({ data }) => {
    if (data === 'leave') leave(port);
    else tabs.set(port, Date.now());
  });
  port.start();
  if (isOpen) port.postMessage({ name: 'opened' });
  if (version !== '') port.postMessage({ name: 'told', parts });
  if (source === undefined) open();
});

setInterval(() => {
  for (const [port, heardMs] of tabs) if (Date.now() - heardMs > silentMs) leave(port);
}, silentMs);

function tell(message) {
  for (const port of tabs.keys()) port.postMessage(message);
}

function open() {
  clearTimeout(timer);
  source = new EventSource(`api/live?version=${encodeURIComponent(version)}`);
  source.addEventListener('open', () => {
    isOpen = true;
    tell({ name: 'opened' });
  });
  source.addEventListener('message', ({ data }) => {
    const message = JSON.parse(data);
    version = message.version;
    parts = { ...parts, ...message.parts };
    tell({ name: 'told', parts: message.parts });
  });
  source.addEventListener('error', ({ target }) => {
    isOpen = false;
    const isOver = target.readyState === EventSource.CLOSED;
    tell({ name: 'lost', isOver });
    if (isOver) timer = setTimeout(open, againMs);
  });
}

/** The last tab closes the stream; what was told is old by the time another comes. */
function leave(port) {
  tabs.delete(port);
  port.close();
  if (tabs.size > 0) return;
  clearTimeout(timer);
  source?.close();
  source = undefined;
  isOpen = false;
  version = '';
  parts = {};
}
