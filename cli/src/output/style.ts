import { styleText } from "node:util";

/** Puts colors on texts, or leaves them as they are. */
export interface Style {
  readonly good: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly strong: (text: string) => string;
}

type Format = Parameters<typeof styleText>[0];

/** @param isColored false for pipes, `--no-color` and NO_COLOR */
export function createStyle(isColored: boolean): Style {
  const styled = (format: Format) => (text: string) =>
    isColored ? styleText(format, text, { validateStream: false }) : text;
  return {
    good: styled("green"),
    warning: styled("yellow"),
    bad: styled("red"),
    faint: styled("dim"),
    strong: styled("bold"),
  };
}
