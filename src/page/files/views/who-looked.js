/** Who looked: at a ticket, at a person, from an address; or what one agent looked at. */
import { html } from '../vendor/preact.js';
import { Asked, useAnswer } from '../asked.js';
import { hashOf } from '../link.js';
import { readSpan, SpanFields } from '../span.js';
import { ChosenAccount, Statement } from '../statement.js';
import { Moment, readerZone } from '../time.js';
import { Package, Visits } from './visits.js';

const view = 'who-looked';

const usualDays = { ticket: '90 days', person: '90 days', agent: '7 days', address: '7 days' };

export default function WhoLooked({ account, accounts, query, navigate, role }) {
  const search = (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    navigate(view, { text: form.get('text').trim(), ...readSpan(form) });
  };
  const { text = '', kind, from, to } = query;
  return html`<div>
    <p>
      Visits to a ticket or a person, or from an address, and what an agent looked at. A visit is
      all that one person asked for of one thing with no more than 30 minutes in between.
    </p>
    <form key=${`${text}${from}${to}`} onSubmit=${search} role="search">
      <label class="wide">
        Ticket number, person (id, name, e-mail), agent, or address
        <input
          type="search"
          name="text"
          defaultValue=${text}
          required
          maxlength="300"
          autocomplete="off"
        />
      </label>
      <${SpanFields}
        from=${from}
        to=${to}
        usual=${usualDays[kind] ?? '90 days, or 7 for agents and addresses'}
      />
      <button type="submit">Search</button>
    </form>
    ${
      (text !== '' || kind !== undefined) &&
      html`<${ChosenAccount} account=${account} accounts=${accounts}
        >${(chosen) =>
          kind === undefined
            ? html`<${Search} account=${chosen} query=${query} role=${role} />`
            : html`<${Answer}
                key=${keyOf(query)}
                account=${chosen}
                meaning=${query}
                query=${query}
                role=${role}
              />`}<//
      >`
    }
  </div>`;
}

/** The answer, if the text means one thing; otherwise what it may mean. */
function Search({ account, query, role }) {
  const asked = useAnswer(`${view}/meanings`, { account, text: query.text });
  return html`<${Asked} asked=${asked}
    >${({ text, exact, similar }) =>
      exact.length === 1
        ? html`<${Answer}
            key=${keyOf(exact[0])}
            account=${account}
            meaning=${exact[0]}
            query=${query}
            role=${role}
          />`
        : exact.length > 1
          ? html`<${Choices}
              title=${`“${text}” may mean ${exact.length} things. Choose one.`}
              ...${{ account, query, meanings: exact }}
            />`
          : similar.length > 0
            ? html`<${Choices}
                title=${`Nothing is named “${text}”. These are similar.`}
                ...${{ account, query, meanings: similar }}
              />`
            : html`<p class="empty" role="status">
                Nothing is named “${text}” in the logs of ${account}. Search for a number, an e-mail
                address, a name or an address such as 203.0.113.9 or 203.0.113.0/24.
              </p>`}<//
  >`;
}

function Choices({ title, account, query, meanings }) {
  return html`<section class="choices">
    <h2>${title}</h2>
    <ul>
      ${meanings.map(
        ({ kind, id, name, email }) =>
          html`<li key=${`${kind}${id}`}>
            <a href=${hashOf(view, { ...query, account, kind, id })}
              >${describeMeaning({ kind, id, name })}</a
            >${email !== null && html`${' '}<small>${email}</small>`}
          </li>`,
      )}
    </ul>
  </section>`;
}

function describeMeaning({ kind, id, name }) {
  if (kind === 'ticket') return `Ticket ${id}: who opened it`;
  if (kind === 'address') return `${id}: who came from there`;
  const person = name ? `${name} (${id})` : `User ${id}`;
  return kind === 'agent'
    ? `${person}: what they looked at`
    : `${person}: who looked at their records`;
}

/** The same in the audit log. */
const changesOf = {
  ticket: (id) => ({ type: 'ticket', thing: id }),
  person: (id) => ({ type: 'user', thing: id }),
  agent: (id) => ({ actor: id }),
  address: (id) => ({ address: id }),
};

/** Another answer must not be shown under this heading, not even while it is asked for. */
function keyOf({ kind, id }) {
  return `${kind} ${id}`;
}

/** Certain visits, and those that are only possible, apart. */
function Answer({ account, meaning, query, role }) {
  const { kind, id } = meaning;
  const common = { account, kind, id, from: query.from, to: query.to, zone: readerZone };
  const confirmed = useAnswer(`${view}/visits`, {
    ...common,
    tier: 'confirmed',
    offset: query.offset,
  });
  const sealed = useAnswer(`${view}/sealed`, { account });
  const isTwofold = kind === 'ticket' || kind === 'person';
  const { answer } = confirmed;
  // After the certain ones, which are found quickly, and about the same time.
  const useTier = (tier) =>
    useAnswer(isTwofold && answer !== undefined ? `${view}/visits` : undefined, {
      ...common,
      from: answer?.from,
      to: answer?.to,
      tier,
      offset: query[tier],
    });
  const possible = useTier('possible');
  const refused = useTier('refused');
  const state = { ...query, account, kind, id };
  return html`<div>
    <h2>${describeMeaning({ kind, id, name: answer?.names[id] })}</h2>
    <${Asked} asked=${confirmed}
      >${(found) => html`
        <p>
          From <${Moment} at=${found.from} seconds /> until <${Moment} at=${found.to} seconds />.
          ${role === 'reader' && ' What people typed is not shown to the role reader.'}${' '}
          <a
            href=${hashOf('what-changed', { account, from: found.from, to: found.to, ...changesOf[kind](id) })}
            >What changed</a
          >
        </p>
        <${Visits}
          title=${isTwofold ? 'Confirmed' : 'Visits'}
          tier="confirmed"
          offsetName="offset"
          empty="Nobody, in what is stored of this time."
          ...${{ found, state, common }}
        />
      `}<//
    >
    ${
      isTwofold &&
      confirmed.error === undefined &&
      html`<${Asked} asked=${possible}
          >${(found) => html`
            <${Visits}
              title="Possible"
              tier="possible"
              offsetName="possible"
              empty="No request of this time may have shown it without naming it."
              ...${{ found, state, common }}
            />
            <ul class="muted">
              ${found.statement.notes.map((each) => html`<li key=${each}>${each}</li>`)}
            </ul>
          `}<//
        >
        <${Asked} asked=${refused}
          >${(found) =>
            html`<${Visits}
              title="Denied or failed"
              tier="refused"
              offsetName="refused"
              empty="Nobody tried in vain."
              ...${{ found, state, common }}
            />`}<//
        >`
    }
    ${
      answer !== undefined &&
      html`<${Package} ...${{ found: answer, common, role }} />
        <${Statement}
          statement=${answer.statement}
          more=${sealed.answer === undefined ? [] : [sealed.answer.sentence]}
        />`
    }
  </div>`;
}
