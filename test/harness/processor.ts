/**
 * Milliseconds of processor time that this process spends on something: a limit on it holds on a
 * busy machine, too.
 */
export async function processorMs(run: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
