/** Gives each agent a name that tells nothing: "Agent 1" for the first one asked about, "Agent 2" for the next. */
export function createPseudonyms(): (id: string | null) => string {
  const numbers = new Map<string | null, number>();
  return (id) => {
    const number = numbers.get(id) ?? numbers.size + 1;
    numbers.set(id, number);
    return `Agent ${number}`;
  };
}
