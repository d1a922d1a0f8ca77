const NEWLINE = 0x0a;

/**
 * Splits a stream of bytes into its non-empty lines.
 * @param tooLong makes the error that is thrown for a line of more than `longest` bytes, or an unfinished last one
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  longest: number,
  tooLong: (why: string) => Error,
): AsyncGenerator<string, void> {
  let pending: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      pending.push(chunk.subarray(start, end));
      const line = Buffer.concat(pending).toString("utf8");
      pending = [];
      size = 0;
      start = end + 1;
      if (line.trim() !== "") yield line;
    }
    pending.push(chunk.subarray(start));
    size += chunk.length - start;
    if (size > longest) throw tooLong(`a line of the watch is longer than ${longest} bytes`);
  }
  if (Buffer.concat(pending).toString("utf8").trim() !== "") throw tooLong("the watch ended within a line");
}
