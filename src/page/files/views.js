/** The views in the order of the navigation. Each is a module of its own, loaded when it is shown. */
export const views = [
  { name: 'overview', title: 'Overview' },
  { name: 'coverage', title: 'Coverage' },
  { name: 'who-looked', title: 'Who looked' },
  { name: 'what-changed', title: 'What changed' },
  { name: 'findings', title: 'Findings' },
  { name: 'activity', title: 'Activity' },
  { name: 'evidence', title: 'Evidence' },
];
