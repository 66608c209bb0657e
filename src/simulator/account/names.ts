/** Given names of team members and customers, with letters outside ASCII on purpose. */
export const GIVEN_NAMES: readonly string[] =
  `Ada Amélie Anders Anika Bob Carmen Chloë Daniel Dmitri Elena Emeka Fatima Frank Grace Hannah Hiroshi Ines Jack Jane
   Joe José Katarzyna Kofi Lena Liam Łukasz Maria Mei Mohamed Nadia Noah Olga Omar Priya Ravi Rosa Sean Søren Tomás
   Zoë`.split(/\s+/);

/** Family names of team members and customers. */
export const FAMILY_NAMES: readonly string[] =
  `Abara Baker Brandt Cat Castillo Chen Dubois Eriksen Fischer García Haddad Hughes Ito Jensen Kowalski Krämer Larsen
   Lindqvist Mensah Miller Moreau Müller Nakamura Nguyễn Novák O'Brien Okafor Patel Petrov Quinn Roe Rossi Sharma Silva
   Smith Svensson Tanaka Ueda Weber Żak`.split(/\s+/);

/** Browsers of people. */
export const BROWSERS: readonly string[] = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15',
  'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0',
  'Zendesk Support/5.12.0 (iPhone; iOS 18.6; Scale/3.00)',
];

/** Programs that call the API. */
export const PROGRAMS: readonly string[] = [
  'python-requests/2.32.3',
  'Zapier',
  'okhttp/4.12.0',
  'Power Query M',
];
