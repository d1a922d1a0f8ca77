import { expect } from "vitest";
import { blocksOf } from "../docs/page.ts";
import { Walk } from "../docs/walk.ts";
import { accountIdOf, tokenOf } from "../e2e/manifests.ts";
import { foldersIn, yamlFilesIn } from "./manifests.ts";

const FOLDER = "examples/kubernetes";

/** The sections with blocks of an example's README. */
function sectionsOf(example: string): readonly string[] {
  return [...new Set(blocksOf(readmeOf(example)).map(({ section }) => section))];
}

function readmeOf(example: string): string {
  return `${FOLDER}/${example}/README.md`;
}

/**
 * Follows the READMEs of the examples in one cluster, as a reader would. Each example has a vendor account of its own, of
 * which the reader has saved the token.
 */
export class ExamplesWalk implements AsyncDisposable {
  readonly walk: Walk;
  readonly #followed: string[] = [];

  private constructor(walk: Walk) {
    this.walk = walk;
  }

  /** Starts a cluster, installs the controller as its page says, and gets a copy of the examples. */
  static async begin(): Promise<ExamplesWalk> {
    const walk = await Walk.begin();
    await walk.follow("docs/install.md", "Install the controller");
    const examples = new ExamplesWalk(walk);
    for (const folder of [FOLDER, "examples/gitops/deploy"]) await examples.copy(folder);
    return examples;
  }

  /** Copies manifests to where commands run. @param edit what a reader is asked to change. */
  async copy(folder: string, edit: (text: string) => string = (text) => text): Promise<void> {
    for (const { path, text } of yamlFilesIn(folder))
      await this.walk.write(path, this.walk.forEmulator(edit(text)));
  }

  /** Gives an example its account in the vendor, and saves the token. @returns the account's ID. */
  async arrive(example: string): Promise<string> {
    this.walk.addVendorAccount(example);
    await this.save("token.txt", tokenOf(example));
    return accountIdOf(example);
  }

  /** Saves a file where commands run. */
  async save(file: string, text: string): Promise<void> {
    await this.walk.write(file, text);
  }

  /** Does what a section of an example's README says. @returns what its commands have printed. */
  async follow(example: string, section: string): Promise<string> {
    this.#followed.push(`${example}: ${section}`);
    return this.walk.follow(readmeOf(example), section);
  }

  /** Every section with commands, of every README, was followed. */
  expectAllFollowed(): void {
    const all = foldersIn(FOLDER).flatMap((example) =>
      sectionsOf(example).map((section) => `${example}: ${section}`),
    );
    expect(all.length).toBeGreaterThan(0);
    expect(all.filter((section) => !this.#followed.includes(section))).toEqual([]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.walk[Symbol.asyncDispose]();
  }
}
