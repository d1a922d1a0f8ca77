import type { TxtNode } from "@textlint/ast-node-types";
import type { TextlintKernelOptions } from "@textlint/kernel";
import { split } from "sentence-splitter";

/** The rules of our prose: every word that must not come back, and what a sentence and a line may measure. */

type Rule = NonNullable<TextlintKernelOptions["rules"]>[number];
type Reporter = Extract<Rule["rule"], (...args: never[]) => unknown>;

/** Write sentences of under 25 words. This is where the allowance ends. */
export const MOST_WORDS = 30;

/** Columns of a Markdown line outside of tables, code and headings; the target of a link does not count. */
export const MOST_COLUMNS = 100;

interface Word {
  /** What must not come back, without regard to case; a space stands for any white space. */
  readonly pattern: string;
  readonly instead: string;
  /** A text that the rule finds. The tests run every sample. */
  readonly sample: string;
}

const IF_YOU = 'name the user, an administrator or another process, or write "if you …"';

/** Words and phrases, with what to write instead. */
export const WORDS: readonly Word[] = [
  // One word for one thing.
  {
    pattern: "in (his |her |its |our |their )?hand",
    instead: "a pending commit, a minted value",
    sample: "A value in its hand.",
  },
  {
    pattern: "(brings?|brought) (it |them )?home",
    instead: "commits, committed",
    sample: "It was brought home.",
  },
  { pattern: "absor(b|bs|bed|bing)", instead: "apply the result", sample: "The view absorbs it." },
  {
    pattern: "suspects?",
    instead: "an unrecorded key (unrecordedKeys), a drift of the key (KeyDrift)",
    sample: "It is a suspect.",
  },
  {
    pattern:
      "(rooms?|places?) (for a key|for another|for one|of (its|their) own|under maxKeys|among all keys)",
    instead: "quota, limit",
    sample: "The room for a key.",
  },
  {
    pattern: "(needs?|takes?|has|have|is|are) (no|a) (room|place)",
    instead: "quota, limit",
    sample: "It needs a place.",
  },
  {
    pattern: "how-manieth",
    instead: "the ordinal of the key (1 is the first)",
    sample: "The how-manieth key.",
  },
  {
    pattern: "(at|of|from|in|with) the vendor's(?! [a-z])",
    instead: "the vendor account, in the vendor account",
    sample: "Nothing is left at the vendor's.",
  },
  {
    pattern: "one account of the vendor",
    instead: "one vendor account",
    sample: "In one account of the vendor.",
  },
  // Who does it.
  { pattern: "(whoever|whomever|whosever)", instead: IF_YOU, sample: "Whoever reads it." },
  { pattern: "(somebody|someone|anybody|everybody)", instead: IF_YOU, sample: "Somebody deletes it." },
  { pattern: "nobody", instead: `no process, no user; or ${IF_YOU}`, sample: "Nobody has seen it." },
  {
    pattern: "(who|he who) (may|can|needs|has|reads|writes|binds) [^.?]*, (is|are|has|have|may|can)",
    instead: IF_YOU,
    sample: "Who may edit it, may read it.",
  },
  // Metaphors and calques.
  {
    pattern: "(stands?|stood|standing)(?! ?by)(?!-)",
    instead: '"is", "is in", "is next to", "remains"',
    sample: "The value stands in the Secret.",
  },
  { pattern: "beside", instead: "next to, with", sample: "The file beside it." },
  {
    pattern: "(told|tells?|telling)",
    instead: "report, record, show, distinguish",
    sample: "That all were told is recorded.",
  },
  {
    pattern: "(gives? (it |them )?free|puts? [a-z' ]+ out)",
    instead: "allows, exposes",
    sample: "The label gives it free.",
  },
  { pattern: "put(s|ting)? [a-z ]{0,30}right", instead: "repair, restore", sample: "They are put right." },
  { pattern: "mend(s|ed|ing)?", instead: "fix, repair", sample: "Both are mended." },
  { pattern: "anew", instead: "again, a new …", sample: "It is minted anew." },
  { pattern: "for ever", instead: "forever, without end", sample: "It waits for ever." },
  { pattern: "look(s|ed|ing)? after", instead: "manage", sample: "It looks after keys." },
  { pattern: "(is|are|be|was|were|put|stays?) on record", instead: "recorded", sample: "It is on record." },
  { pattern: "go(es|ing)? on(?! call)|went on", instead: "continue", sample: "The deletion goes on." },
  { pattern: "becomes? of", instead: "happens to", sample: "What becomes of a key." },
  {
    pattern: "(the|this|that) very",
    instead: "exactly this, the same",
    sample: "A dry run of the very write.",
  },
  { pattern: "shall", instead: "must, or the present tense", sample: "It shall be revoked." },
  { pattern: "(?<=(^|[,;:(] )(or )?)else", instead: "otherwise", sample: "If it fits, else it waits." },
  {
    pattern: "comes? to (its|their|an) end",
    instead: "ends, completes",
    sample: "The rollout comes to its end.",
  },
  { pattern: "has to", instead: "must", sample: "A pipeline has to run." },
  {
    pattern: "(in vain|of the like|lest|thereof|thereby|hence|whereof)",
    instead: "a plain sentence",
    sample: "It is refused in vain.",
  },
  {
    pattern: "(lives?|lived|living) on",
    instead: "stays active, remains",
    sample: "The old key lives on.",
  },
  { pattern: "put(s|ting)? ([a-z]+ )?back", instead: "restores, restored", sample: "The tag is put back." },
  {
    pattern: "(take|takes|taken|took|taking) ([a-z]+ ){0,3}off",
    instead: "removes, removed",
    sample: "Take the label off.",
  },
  { pattern: "(says?|said) so", instead: "report, name what is reported", sample: "The event says so." },
  { pattern: "besides", instead: "in addition (to), also", sample: "Types besides Opaque." },
  {
    pattern: "(is|are|was|were|be|been) (looked|asked|waited|told|spoken) (at|for|of|after)",
    instead: "the active voice: checks, requests, waits for",
    sample: "The key is asked for.",
  },
  // What the style guide of Kubernetes asks for.
  {
    pattern: "(please|simply|easily|of course|obviously)",
    instead: "nothing: leave the word out",
    sample: "Please wait.",
  },
  {
    pattern: "(e\\.g\\.|i\\.e\\.|etc\\.)",
    instead: '"for example", "that is", "and so on"',
    sample: "A tool, e.g. helm.",
  },
  { pattern: "will", instead: "the present tense", sample: "The controller will revoke it." },
];

const PATTERNS = WORDS.map(({ pattern, instead }) => ({
  instead,
  // A word that is joined to another by a hyphen is another word.
  regexp: new RegExp(`(?<![\\w-])(?:${pattern.replaceAll(" ", String.raw`\s+`)})(?![\\w-])`, "giu"),
}));

/** Words of {@link WORDS}. */
const words: Reporter = (context) => {
  const { Syntax, getSource, report, RuleError, locator } = context;
  return {
    [Syntax.Str](node) {
      // A title of a test that is quoted in parentheses is not ours to word here.
      const text = getSource(node).replaceAll(/\("[^"]*"\)/g, (quote) => " ".repeat(quote.length));
      for (const { instead, regexp } of PATTERNS) {
        for (const { index, 0: found } of text.matchAll(regexp)) {
          const padding = locator.range([index, index + found.length]);
          report(
            node,
            new RuleError(`"${found.replaceAll(/\s+/g, " ")}"; use instead: ${instead}`, { padding }),
          );
        }
      }
    },
  };
};

/** Sentences of more than {@link MOST_WORDS} words. Code counts as one word, a link as its text. */
const sentenceLength: Reporter = (context) => {
  const { Syntax, getSource, report, RuleError, locator } = context;
  const check = (node: TxtNode): void => {
    const source = getSource(node);
    const lines = source.split("\n");
    const text = source
      .replaceAll(/`[^`]*`/g, "code")
      .replaceAll(/\]\([^()]*\)/g, "]")
      .replaceAll("**", "")
      // The splitter takes a full stop after a number for a decimal point.
      .replaceAll(/\d+(?=[.!?]\s)/g, "number");
    for (const { type, raw, loc } of split(text)) {
      const count = type === "Sentence" ? (raw.match(/\S*[\p{L}\p{N}]\S*/gu) ?? []).length : 0;
      if (count <= MOST_WORDS) continue;
      const line = lines.slice(0, loc.start.line - 1).join("\n").length;
      const message = `a sentence of ${count} words, at most ${MOST_WORDS}; say one idea a sentence`;
      report(node, new RuleError(message, { padding: locator.at(loc.start.line === 1 ? 0 : line + 1) }));
    }
  };
  return { [Syntax.Paragraph]: check, [Syntax.Header]: check, [Syntax.TableCell]: check };
};

/** Lines of Markdown that are wider than {@link MOST_COLUMNS}. */
const lineWidth: Reporter = (context) => {
  const { Syntax, getSource, report, RuleError, locator } = context;
  const free = new Set<number>();
  const exempt = (node: TxtNode): void => {
    for (let line = node.loc.start.line; line <= node.loc.end.line; line++) free.add(line);
  };
  return {
    [Syntax.CodeBlock]: exempt,
    [Syntax.Table]: exempt,
    [Syntax.Header]: exempt,
    [Syntax.Html]: exempt,
    [Syntax.DocumentExit](node) {
      let start = 0;
      for (const [index, line] of getSource(node).split("\n").entries()) {
        const width = line.replaceAll(/\]\([^()]*\)/g, "]").length;
        if (width > MOST_COLUMNS && !free.has(index + 1)) {
          const padding = locator.range([start, start + line.length]);
          report(node, new RuleError(`a line of ${width} columns, at most ${MOST_COLUMNS}`, { padding }));
        }
        start += line.length + 1;
      }
    },
  };
};

/** What is asked of every text. */
export const PROSE_RULES: readonly Rule[] = [
  { ruleId: "words", rule: words },
  { ruleId: "sentence-length", rule: sentenceLength },
];

/** What is asked of Markdown. */
export const MARKDOWN_RULES: readonly Rule[] = [...PROSE_RULES, { ruleId: "line-width", rule: lineWidth }];
