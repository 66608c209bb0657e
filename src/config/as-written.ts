/** YAML and JSON with numbers as they are written: a subdomain may begin with a zero. */
import { parseDocument, type Document } from 'yaml';

/** The document of a text; its numbers are texts. */
export function parseAsWritten(text: string): Document.Parsed {
  return parseDocument(text, {
    prettyErrors: false,
    logLevel: 'silent',
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !isNumber(tag)),
  });
}

function isNumber({ tag }: { readonly tag: string }): boolean {
  return /:(?:int|float)$/.test(tag);
}
