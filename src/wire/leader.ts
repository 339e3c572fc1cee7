/** The `leader` document: the name of the member that holds the lock, as it is. */
export function parseLeader(text: string): string | undefined {
  return text === '' ? undefined : text;
}
