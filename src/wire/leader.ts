/** The `leader` document: the name of the member that holds the lock, as it is. */
export function parseLeader(text: string): string | undefined {
  return text === '' ? undefined : text;
}

/** The `leader` document of the member with this name. */
export function formatLeader(name: string): string {
  return name;
}
