import { readFileSync } from "node:fs";
import type { ContractMapping } from "@signatureapi-keys/management-api";
import { ContractMappingError, readContractMapping } from "@signatureapi-keys/management-api/mapping";
import { OptionsError } from "./options.ts";

/**
 * Reads the mapping of names that `--contract` names.
 *
 * @throws OptionsError that names the file, and what in it cannot be used.
 */
export function readContractFile(file: string): ContractMapping {
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
