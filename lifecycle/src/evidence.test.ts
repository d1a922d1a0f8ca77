import { describe, expect, it } from "vitest";
import { judgeEvidence, type RemoteKey } from "./evidence.ts";
import { formatTag } from "./tag.ts";

const INSTALLATION = "0123456789";
const OWNER = "0123456789abcdef";
const OURS = formatTag({ installation: INSTALLATION, owner: OWNER, revision: 1, attempt: "aaaaaaaa" });
const OTHER_INSTALLATION = OURS.replace(INSTALLATION, "ffffffffff");
const OTHER_OWNER = OURS.replace(OWNER, "ffffffffffffffff");

function key(description: string): RemoteKey {
  return { id: "ak_1", description, mode: "live", status: "active", createdAt: 0, hint: "abcd" };
}

describe("evidence before harm", () => {
  it.each([
    ["our tag, whether or not the status names it", `x ${OURS}`, false, true],
    ["our tag and the status", `x ${OURS}`, true, true],
    ["no tag, but the status names it", "x", true, true],
    ["no tag and no record", "x", false, false],
    ["a tag of another installation", OTHER_INSTALLATION, false, false],
    ["a tag of another installation, although the status names it", OTHER_INSTALLATION, true, false],
    ["a tag of another owner", OTHER_OWNER, false, false],
    ["a tag of another owner, although the status names it", OTHER_OWNER, true, false],
    ["a foreign tag behind ours", `${OURS} ${OTHER_OWNER}`, true, false],
    ["our tag behind a foreign one", `${OTHER_OWNER} ${OURS}`, false, true],
  ])("judges %s", (_what, description, namedByStatus, ours) => {
    const evidence = judgeEvidence(key(description), {
      installation: INSTALLATION,
      owner: OWNER,
      namedByStatus,
    });
    expect(evidence.ours).toBe(ours);
  });

  it("counts the tag of an installation that was taken over from, and of no other", () => {
    const claim = { installation: INSTALLATION, owner: OWNER, namedByStatus: false };
    const previousInstallations = ["aaaaaaaaaa", "ffffffffff"];
    expect(judgeEvidence(key(OTHER_INSTALLATION), { ...claim, previousInstallations }).ours).toBe(true);
    expect(
      judgeEvidence(key(OTHER_INSTALLATION), { ...claim, previousInstallations: ["aaaaaaaaaa"] }).ours,
    ).toBe(false);
  });

  it("says why not, and names the key", () => {
    const claim = { installation: INSTALLATION, owner: OWNER, namedByStatus: false };
    const answers = ["x", OTHER_INSTALLATION, OTHER_OWNER].map((text) => judgeEvidence(key(text), claim));
    for (const answer of answers) expect(answer.ours ? "" : answer.why).toContain("ak_1");
  });
});
