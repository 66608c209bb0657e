/** The form that asks for a token. */
import { html, useState } from './vendor/preact.js';

/** @param entered called when the server has accepted the token */
export function Login({ entered }) {
  const [problem, setProblem] = useState();
  const submit = async (event) => {
    event.preventDefault();
    const token = new FormData(event.target).get('token');
    const response = await fetch('login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    }).catch(() => undefined);
    if (response?.ok) {
      entered();
      return;
    }
    const answer = await response?.json().catch(() => undefined);
    setProblem(answer?.reason ?? 'The service does not answer. Check that it is running.');
  };
  return html`<main class="login">
    <h1>Zendesk logs</h1>
    <form onSubmit=${submit}>
      <label for="token">Token</label>
      <input id="token" name="token" type="password" autocomplete="current-password" required />
      <button type="submit">Log in</button>
      ${problem && html`<p class="note problem" role="alert">${problem}</p>`}
    </form>
  </main>`;
}
