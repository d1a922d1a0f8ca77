import { stringify } from "yaml";

/** How a command prints what it found: for people, or for programs. */
export type OutputFormat = "text" | "json" | "yaml";

/**
 * A model in the format of the flag `--output`.
 * @param text makes the text for people; called only if it is needed
 */
export function formatted(format: OutputFormat, model: unknown, text: () => string): string {
  switch (format) {
    case "json":
      return `${JSON.stringify(model, undefined, 2)}\n`;
    case "yaml":
      return stringify(model, { lineWidth: 0 });
    case "text":
      return text();
  }
}
