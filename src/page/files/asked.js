/** What a view shows while it asks, and when it is refused. */
import { html, useEffect, useRef, useState } from './vendor/preact.js';
import { ask } from './ask.js';

/**
 * Asks a question again whenever its parameters change: `{ answer, error, isAsking, again, refresh }`. The former answer stays
 * until the next one is there; with `refresh` nobody notices that it is asked, nor that it fails. Without a path nothing is
 * asked.
 */
export function useAnswer(path, parameters = {}) {
  const [state, setState] = useState({ answer: undefined, error: undefined, isAsking: true });
  const [turn, setTurn] = useState(0);
  const key = path === undefined ? '' : JSON.stringify([path, parameters, turn]);
  const newest = useRef(key);
  newest.current = key;
  const begun = useRef(0);
  const shown = useRef(0);
  /** How to show what a question that begins now comes to: not if another one is wanted by then, nor after a later one. */
  const begin = () => {
    const number = (begun.current += 1);
    return (found) => {
      if (newest.current !== key || number < shown.current) return;
      shown.current = number;
      setState({ ...found, isAsking: false });
    };
  };
  useEffect(() => {
    if (path === undefined) return setState({ isAsking: false });
    const controller = new AbortController();
    setState((former) => ({ ...former, isAsking: true }));
    const show = begin();
    ask(path, parameters, controller.signal).then(
      (answer) => show({ answer }),
      (error) => show({ error }),
    );
    return () => controller.abort();
  }, [key]);
  const refresh = () => {
    const show = begin();
    return ask(path, parameters).then(
      (answer) => show({ answer }),
      () => {},
    );
  };
  return { ...state, again: () => setTurn(turn + 1), refresh };
}

/** Shows what `useAnswer` came to: `children(answer)` once there is one. */
export function Asked({ asked, children }) {
  const { answer, error, isAsking } = asked;
  if (error !== undefined)
    return html`<p class="note problem" role="alert">
      ${error.message} <button type="button" class="quiet" onClick=${asked.again}>Try again</button>
    </p>`;
  if (answer === undefined)
    return isAsking ? html`<p class="waiting" role="status">Asking the database …</p>` : null;
  return html`<div aria-busy=${isAsking ? 'true' : 'false'}>
    ${answer.away?.map((found) => html`<p key=${found} class="note problem" role="alert">${found} What it has is missing here.</p>`)}${children(answer)}
  </div>`;
}
