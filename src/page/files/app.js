/** The shell of the page: who asks, the navigation, and the view of the address. */
import { html, render, useEffect, useState } from './vendor/preact.js';
import { ask } from './ask.js';
import { Login } from './login.js';
import { readerZone } from './time.js';
import { views } from './views.js';

/** The view and its parameters from `#/overview?account=acme`. */
function readAddress(hash) {
  const [name, query = ''] = hash.replace(/^#\/?/, '').split('?');
  const view = views.find((each) => each.name === name) ?? views[0];
  return { view, query: Object.fromEntries(new URLSearchParams(query)) };
}

/** The address of a view; parameters that are empty are left out. */
function writeAddress(name, query) {
  const given = Object.entries(query).filter(([, value]) => value != null && value !== '');
  const text = new URLSearchParams(given).toString();
  return `#/${name}${text === '' ? '' : `?${text}`}`;
}

function useAddress() {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = () => setHash(location.hash);
    addEventListener('hashchange', follow);
    // The address may have changed between drawing and this.
    follow();
    return () => removeEventListener('hashchange', follow);
  }, []);
  return readAddress(hash);
}

function useModule(name) {
  const [loaded, setLoaded] = useState({});
  useEffect(() => {
    import(`./views/${name}.js`).then(
      (module) => setLoaded({ name, View: module.default }),
      () => setLoaded({ name, failed: true }),
    );
  }, [name]);
  return loaded.name === name ? loaded : {};
}

function Navigation({ current, account, go }) {
  return html`<nav aria-label="Views">
    ${views.map(
      ({ name, title }) =>
        html`<a
          key=${name}
          href=${writeAddress(name, { account })}
          aria-current=${name === current ? 'page' : undefined}
          onClick=${go}
          >${title}</a
        >`,
    )}
  </nav>`;
}

function AccountChoice({ accounts, account, choose }) {
  if (accounts.length < 2) return html`<span class="account">${accounts[0] ?? ''}</span>`;
  return html`<label class="account"
    >Account
    <select value=${account} onChange=${(event) => choose(event.target.value)}>
      <option value="">all</option>
      ${accounts.map((each) => html`<option key=${each} value=${each}>${each}</option>`)}
    </select></label
  >`;
}

function Shell({ session, leave }) {
  const { view, query } = useAddress();
  const { View, failed } = useModule(view.name);
  const { account = '', ...rest } = query;
  const navigate = (name, next = {}) => {
    location.hash = writeAddress(name, { account, ...next });
  };
  useEffect(() => {
    document.title = `${view.title} – Zendesk logs`;
  }, [view.name]);
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
    <header>
      <span class="brand">Zendesk logs</span>
      <${AccountChoice}
        accounts=${session.accounts}
        account=${account}
        choose=${(chosen) => navigate(view.name, { ...rest, account: chosen })}
      />
      <span class="who">
        <span>${session.name}, ${session.role}</span>
        ${session.canLeave && html`<button type="button" class="quiet" onClick=${leave}>Log out</button>`}
      </span>
      <${Navigation} current=${view.name} account=${account} />
    </header>
    <main id="main" tabindex="-1">
      <h1>${view.title}</h1>
      ${failed && html`<p class="note problem" role="alert">This view could not be loaded. Reload the page.</p>`}
      ${
        View &&
        html`<${View}
          key=${view.name}
          account=${account}
          accounts=${session.accounts}
          query=${rest}
          navigate=${navigate}
          role=${session.role}
        />`
      }
    </main>
    <footer>Times in ${readerZone}${readerZone === 'UTC' ? '' : ', UTC beside'}</footer>
  `;
}

/** The address of the page stays that of the view. */
function skip(event) {
  event.preventDefault();
  document.getElementById('main').focus();
}

function App() {
  const [session, setSession] = useState();
  const [problem, setProblem] = useState();
  const enter = () =>
    ask('session').then(setSession, (error) =>
      error.status === 401 ? setSession(null) : setProblem(error.message),
    );
  useEffect(() => {
    void enter();
    const lose = () => setSession(null);
    addEventListener('login-needed', lose);
    return () => removeEventListener('login-needed', lose);
  }, []);
  if (problem !== undefined) return html`<p class="note problem" role="alert">${problem}</p>`;
  if (session === undefined) return null;
  if (session === null) return html`<${Login} entered=${enter} />`;
  const leave = async () => {
    const answer = await fetch('logout', { method: 'POST' }).catch(() => undefined);
    if (answer?.ok) setSession(null);
    else
      setProblem(
        'You are still logged in, because the database does not answer. Reload the page, and log out again.',
      );
  };
  return html`<${Shell} session=${session} leave=${leave} />`;
}

render(html`<${App} />`, document.getElementById('app'));
