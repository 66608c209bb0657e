/** The project's own rules for oxlint. They apply to `src/`; tests, scripts and figures are free. */
import { dirname, join, relative } from 'node:path';
import type { RuleTester } from 'oxlint/plugins-dev';
import { findUsers } from './exports.ts';
import { findRoom, refuseBuiltin, refusePackage, refuseRoom } from './rooms.ts';

type Rule = Parameters<RuleTester['run']>[1];

/** Imports go down only, and each dependency has one owner. */
const rooms: Rule = {
  create({ cwd, filename, report }) {
    const file = relative(cwd, filename);
    const from = findRoom(file);
    if (from === undefined) return {};
    const refuse = (specifier: string, isType: boolean) => {
      if (specifier.startsWith('node:')) return refuseBuiltin(from, specifier);
      if (!specifier.startsWith('.')) return refusePackage(from, specifier);
      const to = findRoom(join(dirname(file), specifier));
      return to === undefined ? undefined : refuseRoom(from, to, isType);
    };
    return {
      ImportDeclaration({ source, importKind }) {
        const message = refuse(source.value, importKind === 'type');
        if (message !== undefined) report({ node: source, message });
      },
      ImportExpression({ source }) {
        if (source.type !== 'Literal') return;
        const message = refuse(String(source.value), false);
        if (message !== undefined) report({ node: source, message });
      },
    };
  },
};

/** No unused export, no production code only for tests, and one place to import a name from. */
const exports: Rule = {
  meta: { fixable: 'code' },
  create({ cwd, filename, report }) {
    const file = relative(cwd, filename);
    return {
      ExportNamedDeclaration(node) {
        const { declaration } = node;
        if (declaration === null) return reportPassedOn(node);
        const ids =
          'declarations' in declaration
            ? declaration.declarations.map(({ id }) => id)
            : [declaration.id];
        for (const id of ids) {
          if (id?.type !== 'Identifier') continue;
          const users = findUsers(cwd, file, id.name);
          const range: [number, number] = [node.range[0], declaration.range[0]];
          if (users === 'nobody')
            report({
              node: id,
              message: `Nobody imports ${id.name}: do not export it.`,
              fix: (fixer) => fixer.removeRange(range),
            });
          else if (users === 'tests')
            report({
              node: id,
              message: `Only tests use ${id.name}: no production code for tests alone.`,
            });
        }
      },
      ExportAllDeclaration: reportPassedOn,
      ExportDefaultDeclaration(node) {
        report({ node, message: 'An export has a name: no default export.' });
      },
    };

    function reportPassedOn(node: Parameters<typeof report>[0]['node'] & object) {
      report({ node, message: 'A name is exported where it is made, and nowhere else.' });
    }
  },
};

/** Errors are classes; everything else is functions and values. */
const classes: Rule = {
  create: ({ report }) => ({
    ClassDeclaration(node) {
      const base = node.superClass;
      if (base?.type === 'Identifier' && base.name.endsWith('Error')) return;
      report({
        node: node.id ?? node,
        message: 'Only errors are classes: use functions and values.',
      });
    },
  }),
};

/** Values of a type do not change after they are created. */
const readonlyProperties: Rule = {
  meta: { fixable: 'code' },
  create: ({ report }) => ({
    'TSTypeAliasDeclaration TSPropertySignature'(node) {
      if (node.type !== 'TSPropertySignature' || node.readonly) return;
      report({
        node: node.key,
        message: 'A named type has readonly properties only.',
        fix: (fixer) => fixer.insertTextBefore(node, 'readonly '),
      });
    },
  }),
};

export default {
  meta: { name: 'house' },
  rules: { rooms, exports, classes, 'readonly-properties': readonlyProperties },
};
