import { parseDocument } from "yaml";
import type * as z from "zod";
import { checkAuthentication } from "../../client/credential.ts";
import { redact } from "../../client/redact.ts";
import { contractMappingSchema, type ContractMapping } from "./schema.ts";
import { wireNames } from "./wire-names.ts";

/** The longest text of a mapping, in characters: a complete one has about 3,000. @internal */
export const LONGEST_MAPPING = 65_536;

/** A mapping that cannot be used. The message names the place and the rule, and quotes no more than names. */
export class ContractMappingError extends Error {
  override readonly name = "ContractMappingError";
}

/**
 * Reads a mapping of names from YAML or JSON. Empty text is the mapping that changes nothing.
 *
 * @throws ContractMappingError
 */
export function readContractMapping(text: string): ContractMapping {
  if (text.length > LONGEST_MAPPING)
    throw new ContractMappingError(`It has more than ${LONGEST_MAPPING} characters.`);
  return checkMapping(parse(text) ?? {});
}

function checkMapping(mapping: unknown): ContractMapping {
  const checked = contractMappingSchema.safeParse(mapping);
  if (checked.success) return withUsableHeader(checked.data);
  const shown = checked.error.issues.slice(0, 5).map(explain).join("; ");
  throw new ContractMappingError(`It is no mapping of names: ${shown}.`);
}

/** The header of the token must not be one that the client writes itself. */
function withUsableHeader(mapping: ContractMapping): ContractMapping {
  try {
    checkAuthentication(wireNames(mapping).authentication);
    return mapping;
  } catch (error) {
    const reason = error instanceof TypeError ? error.message : "the header cannot be used";
    throw new ContractMappingError(`authentication: ${reason}`);
  }
}

/** The parser's own messages quote the line, which would be a token if the wrong file was given. */
function parse(text: string): unknown {
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const line = problem.linePos?.[0].line;
    throw new ContractMappingError(`It is not YAML: ${problem.code}${line ? ` in line ${line}` : ""}.`);
  }
  try {
    return document.toJS({ maxAliasCount: 0 }) as unknown;
  } catch {
    throw new ContractMappingError("It must not have YAML aliases: write every name out.");
  }
}

function explain(issue: z.core.$ZodIssue): string {
  const place = issue.path.map(String).join(".") || "the mapping";
  return redact(`${place}: ${issue.message}`);
}
