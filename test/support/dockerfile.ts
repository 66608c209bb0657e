import { readText } from './project-files.ts';

/** One instruction of the Dockerfile. */
export type Instruction = { readonly keyword: string; readonly rest: string };

/** The stages of the Dockerfile, each from its FROM on, without comments. */
export function readStages(): Instruction[][] {
  const stages: Instruction[][] = [];
  const lines = readText('Dockerfile')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  for (const line of lines) {
    const [, keyword = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (keyword === 'FROM') stages.push([]);
    stages.at(-1)?.push({ keyword, rest });
  }
  return stages;
}

/** The arguments of a keyword in a stage. */
export function find(stage: readonly Instruction[] | undefined, keyword: string): string[] {
  return (stage ?? []).filter((each) => each.keyword === keyword).map(({ rest }) => rest);
}

/** What a stage copies from the folder of the project, and what from the stage before it. */
export function findCopies(stage: readonly Instruction[] | undefined): {
  fromProject: string[];
  fromBuild: string[];
} {
  const copies = find(stage, 'COPY').map((rest) => rest.split(' '));
  const isFromBuild = (words: readonly string[]): boolean => words[0] === '--from=build';
  return {
    fromProject: copies
      .filter((words) => !isFromBuild(words))
      .flatMap((words) => words.slice(0, -1)),
    fromBuild: copies
      .filter(isFromBuild)
      .flatMap((words) => words.slice(1, -1).filter((word) => !word.startsWith('--'))),
  };
}
