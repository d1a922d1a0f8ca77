/** Does something for each item, so many at a time. @throws the first error, after which nothing new is begun. */
export async function inTurns<T>(
  items: readonly T[],
  atATime: number,
  work: (item: T, index: number) => Promise<unknown>,
): Promise<void> {
  const turns = items.entries();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const [index, item] of turns) {
      if (failed) return;
      try {
        await work(item, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
}
