import { readFileSync } from "node:fs";
import {
  ContractMappingError,
  readContractMapping,
  type ContractMapping,
} from "@signatureapi-keys/management-api";
import { OptionsError } from "./options.ts";

/**
 * Reads the mapping of names that `--contract` names; `undefined` without the flag.
 *
 * @throws OptionsError that names the file, and what in it cannot be used.
 */
export function readContractFile(file: string | undefined): ContractMapping | undefined {
  if (file === undefined) return undefined;
  try {
    return readContractMapping(readFileSync(file, "utf8"));
  } catch (error) {
    const reason =
      error instanceof ContractMappingError
        ? error.message
        : "the file cannot be read. Mount it, or correct the path.";
    throw new OptionsError(`--contract ${file}: ${reason}`, { cause: error });
  }
}
