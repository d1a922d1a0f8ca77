const NEWLINE = 0x0a;

/**
 * Splits a stream of bytes into its non-empty lines.
 * @param tooLong makes the error that is thrown for a line of more than `longest` bytes, or an unfinished last one
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  longest: number,
  tooLong: (why: string) => Error,
): AsyncGenerator<Buffer, void> {
  let pending: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      pending.push(chunk.subarray(start, end));
      const line = Buffer.concat(pending);
      pending = [];
      size = 0;
      start = end + 1;
      if (!isBlank(line)) yield line;
    }
    pending.push(chunk.subarray(start));
    size += chunk.length - start;
    if (size > longest) throw tooLong(`a line of the watch is longer than ${longest} bytes`);
  }
  if (!isBlank(Buffer.concat(pending))) throw tooLong("the watch ended within a line");
}

/** Only a few bytes can be blank: a long line is not made a text to find out. */
function isBlank(line: Buffer): boolean {
  return line.length < 16 && line.toString("latin1").trim() === "";
}
