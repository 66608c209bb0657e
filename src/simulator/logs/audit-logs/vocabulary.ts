/** The settings that are changed: label, action, and the text of a change. */
export const SETTINGS: readonly (readonly [
  label: string,
  action: string,
  ...descriptions: string[],
])[] = [
  [
    'Security: Session expiration',
    'update',
    'Changed from 10 minutes to 30 minutes',
    'Changed from 8 hours to 2 weeks',
    'Changed from 2 weeks to 8 hours',
  ],
  ['Credit Card Redaction', 'update', 'Enabled', 'Disabled'],
  ['Zendesk Support Mobile App Access', 'update', 'Enabled', 'Disabled'],
  ['Account Assumption', 'update', 'Enabled', 'Disabled'],
  [
    'Assumption duration',
    'update',
    'Changed from 1 day to 1 week',
    'Changed from not set to Always',
  ],
  ['Security: Enable Account assumption', 'update', 'Turned on', 'Turned off'],
  ['Two-Factor authentication for all admins and agents', 'update', 'Enabled', 'Disabled'],
  ['Require Two Factor', 'update', 'Enabled', 'Disabled'],
  ['Security: Enable IP restrictions', 'update', 'Turned on', 'Turned off'],
  ['Security: Password policy', 'update', 'Changed from High to Recommended'],
  ['Tickets: Allow deletion', 'create', 'Enabled'],
];

/** Business rules: the type in the label, its name, what changed; bodies with unchanged HTML and Liquid. */
export const RULES: readonly (readonly [type: string, name: string, description: string])[] = [
  ['Trigger', 'Notify requester of received request', 'Condition added: Ticket is Created'],
  [
    'Trigger',
    'Notify assignee of comment update',
    'Body changed from &lt;p&gt;Hi {{ticket.assignee.first_name}},&lt;/p&gt;\n&lt;p&gt;{{ticket.latest_comment_formatted}}&lt;/p&gt; to &lt;p&gt;Hello {{ticket.assignee.name}} &amp; team&lt;/p&gt;\n{{ticket.comments_formatted}}',
  ],
  [
    'Automation',
    'Close ticket 4 days after status is set to solved',
    'Hours since solved changed from 96 to 48',
  ],
  ['Macro', 'Downgrade and inform', 'Position changed from 9999 to 4'],
  [
    'Macro',
    'Entschuldigung für die Verspätung',
    'Title changed from Sorry to Entschuldigung für die Verspätung',
  ],
  ['View', 'Your unsolved tickets', 'Sort order changed from Updated to Priority'],
  ['View', 'VIP – "gold" customers', 'Active changed from false to true'],
  ['SLA Policy', 'Gold', 'Priority urgent: First reply time changed from 60 to 30'],
];

/** How people sign in, as the description puts it. */
export const SIGN_INS: readonly string[] = [
  'Zendesk password from https://acme.zendesk.com/access/login',
  'Zendesk password from https://acme.zendesk.com/access/login',
  'SAML from https://acme.zendesk.com/access/saml',
  'JWT from https://acme.zendesk.com/access/jwt?jwt=...&return_to=https%3A%2F%2Facme.zendesk.com%2Fagent',
  'Google from https://acme.zendesk.com/access/google',
];

/** Role changes: one line or several, with real and literal line breaks. */
export const ROLE_CHANGES: readonly string[] = [
  'Role changed from Agent to Admin',
  'Role changed from Admin to Agent',
  'Role changed from Light Agent to Agent',
  'Guide role changed from not set to Admin\nExplore role changed from not set to Admin\nSupport role changed from Agent to Admin',
  'Guide role changed from Viewer to Agent\\nExplore role changed from Viewer to Studio',
];

/** Apps of the marketplace. */
export const APPS: readonly string[] = [
  'Slack',
  'Jira',
  'Quickie',
  'Time Tracking',
  'Salesforce Link',
];

/** Groups people work in. */
export const GROUPS: readonly string[] = [
  'Premium Support',
  'Premium Support Korea',
  'Billing',
  'Onboarding',
  'Réclamations',
];

/** Customers' organizations. */
export const ORGANIZATIONS: readonly string[] = [
  'NCSOFT Corporation',
  'Foo & Sons',
  'Brøndby Møbler',
  'Acme "West"',
  '株式会社テスト',
];

/** Opening hours in both known forms: escaped twice, and as JSON escaped once. */
export const WORKWEEKS: readonly string[] = [
  'Workweek changed from {:mon=&amp;gt;{"09:00"=&amp;gt;"17:00"}} to {:mon=&amp;gt;{"08:00"=&amp;gt;"18:00"}}',
  'Workweek changed from {&quot;mon&quot;:{&quot;09:00&quot;:&quot;17:00&quot;}} to {&quot;mon&quot;:{&quot;08:00&quot;:&quot;17:00&quot;}}',
];
