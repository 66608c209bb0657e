/**
 * What is not in its form, or does not prove what it claims. `malformed`: not in the form at all; `signature`: a key that is
 * known did not sign this; `unsigned`: no key that is known signed it; `proof`: hashes that do not lead to the root;
 * `origin`: another log.
 */
export type FormFault = 'malformed' | 'signature' | 'unsigned' | 'proof' | 'origin';

/** Thrown by the forms of the sealed log; the message says what was found and what was expected, and never holds a secret. */
export class FormError extends Error {
  override readonly name = 'FormError';
  readonly fault: FormFault;

  constructor(fault: FormFault, message: string) {
    super(message);
    this.fault = fault;
  }
}
