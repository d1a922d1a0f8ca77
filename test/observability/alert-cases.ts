/** Series of a test: what they are called, and their values at each minute, in promtool's notation. */
export type Input = Readonly<Record<string, string>>;

/** When an alert fires, and when it never does although something similar happens. */
export interface AlertCase {
  readonly fires: {
    readonly input: Input;
    /** The labels that it fires with, besides its name and severity. */
    readonly labels: Readonly<Record<string, string>>;
    /** After how many minutes it fires first. */
    readonly after: number;
  };
  readonly silent: readonly {
    /** What happens instead. */
    readonly when: string;
    readonly input: Input;
    /** For how many minutes it is watched; by default for an hour. */
    readonly minutes?: number;
  }[];
}

const key = { namespace: "shop", name: "app" };
const KEY = 'namespace="shop",name="app"';
const account = { kind: "Account", namespace: "shop", name: "default" };
const ACCOUNT = 'kind="Account",namespace="shop",name="default"';
const CLUSTER_ACCOUNT = 'kind="ClusterAccount",name="acme"';
const POD = 'job="keys",namespace="keys-system",instance="10.0.0.1:8080"';
const OTHER_POD = 'job="keys",namespace="keys-system",instance="10.0.0.2:8080"';

const ready = (labels: string): string => `signatureapi_apikey_ready{${labels}}`;
const condition = (labels: string): string => `signatureapi_apikey_condition{${labels}}`;
const accountCondition = (labels: string): string => `signatureapi_account_condition{${labels}}`;
const requests = (code: string): string =>
  `signatureapi_management_requests_total{job="keys",operation="getApiKey",code="${code}"}`;
const inventory = (labels: string): string =>
  `signatureapi_account_last_inventory_timestamp_seconds{${labels}}`;
const INTERVAL = "signatureapi_inventory_interval_seconds";

const SUSPENDED = { [condition(`${KEY},type="Stalled",status="True",reason="Suspended"`)]: "1x120" };

/** For each alert, tests for promtool. */
export const ALERT_CASES: Readonly<Record<string, AlertCase>> = {
  SignatureApiControllerDown: {
    fires: {
      input: { [`signatureapi_build_info{${POD},version="0.1.0"}`]: "1x5 stale" },
      labels: {},
      after: 16,
    },
    silent: [
      {
        when: "one of two replicas is there",
        minutes: 40,
        input: {
          [`signatureapi_build_info{${POD},version="0.1.0"}`]: "1x5 stale",
          [`signatureapi_build_info{${OTHER_POD},version="0.1.0"}`]: "1x60",
        },
      },
    ],
  },
  SignatureApiNoLeader: {
    fires: {
      input: {
        [`signatureapi_build_info{${POD}}`]: "1x30",
        [`signatureapi_build_info{${OTHER_POD}}`]: "1x30",
        [`leader_election_master_status{${POD},name="keys"}`]: "0x30",
        [`leader_election_master_status{${OTHER_POD},name="keys"}`]: "0x30",
      },
      labels: { job: "keys", namespace: "keys-system", name: "keys" },
      after: 5,
    },
    silent: [
      {
        when: "another replica leads",
        input: {
          [`signatureapi_build_info{${POD}}`]: "1x30",
          [`signatureapi_build_info{${OTHER_POD}}`]: "1x30",
          [`leader_election_master_status{${POD},name="keys"}`]: "0x30",
          [`leader_election_master_status{${OTHER_POD},name="keys"}`]: "1x30",
        },
      },
      {
        when: "another product's controller has no leader",
        input: {
          [`signatureapi_build_info{${POD}}`]: "1x30",
          'leader_election_master_status{job="other",namespace="other",instance="10.0.0.9:8080",name="other"}':
            "0x30",
        },
      },
    ],
  },
  SignatureApiKeyNotReady: {
    // The leader changes after 10 minutes: the alert continues to wait.
    fires: {
      input: {
        [ready(`${KEY},pod="one"`)]: "0x10 stale",
        [ready(`${KEY},pod="two"`)]: "_x10 0x20",
      },
      labels: key,
      after: 15,
    },
    silent: [
      { when: "the key is ready again after 10 minutes", input: { [ready(KEY)]: "0x9 1x20" } },
      { when: "the ApiKey is suspended", input: { [ready(KEY)]: "0x30", ...SUSPENDED } },
    ],
  },
  SignatureApiRotationOverdue: {
    fires: {
      input: { [`signatureapi_apikey_next_rotation_timestamp_seconds{${KEY}}`]: "600x120" },
      labels: key,
      after: 86,
    },
    silent: [
      {
        when: "the rotation comes half an hour late",
        input: { [`signatureapi_apikey_next_rotation_timestamp_seconds{${KEY}}`]: "600x40 9000x120" },
      },
      {
        when: "the ApiKey is suspended",
        input: {
          [`signatureapi_apikey_next_rotation_timestamp_seconds{${KEY}}`]: "600x120",
          ...SUSPENDED,
        },
      },
    ],
  },
  SignatureApiRetirementHeld: {
    fires: {
      input: { [`signatureapi_apikey_overdue_revocations{${KEY}}`]: "1x60" },
      labels: key,
      after: 30,
    },
    silent: [
      {
        when: "the old key is revoked after 20 minutes",
        input: { [`signatureapi_apikey_overdue_revocations{${KEY}}`]: "1x20 0x40" },
      },
    ],
  },
  SignatureApiRolloutStuck: {
    // From one of the two reasons to the other, it is the same problem.
    fires: {
      input: {
        [condition(`${KEY},type="Degraded",status="True",reason="RestartFailed"`)]: "1x15 stale",
        [condition(`${KEY},type="Degraded",status="True",reason="RolloutStuck"`)]: "_x15 1x40",
      },
      labels: key,
      after: 30,
    },
    silent: [
      {
        when: "a rollout takes its time",
        input: { [condition(`${KEY},type="Reconciling",status="True",reason="RolloutPending"`)]: "1x60" },
      },
    ],
  },
  SignatureApiAttemptUnsettled: {
    fires: {
      input: { [`signatureapi_apikey_unsettled_attempts{${KEY}}`]: "1x60" },
      labels: key,
      after: 15,
    },
    silent: [
      {
        when: "the recovery settles it within five minutes",
        input: { [`signatureapi_apikey_unsettled_attempts{${KEY}}`]: "1x5 0x60" },
      },
    ],
  },
  SignatureApiMintBudgetExhausted: {
    fires: {
      input: { [condition(`${KEY},type="Stalled",status="True",reason="MintBudgetExhausted"`)]: "1x20" },
      labels: key,
      after: 5,
    },
    silent: [
      {
        when: "the key is refused for another reason",
        input: { [condition(`${KEY},type="Stalled",status="True",reason="KeyLimitReached"`)]: "1x20" },
      },
    ],
  },
  SignatureApiAccountNotReady: {
    fires: { input: { [`signatureapi_account_ready{${ACCOUNT}}`]: "0x30" }, labels: account, after: 15 },
    silent: [
      {
        when: "it is ready again after five minutes",
        input: { [`signatureapi_account_ready{${ACCOUNT}}`]: "0x5 1x30" },
      },
    ],
  },
  SignatureApiCredentialsRefused: {
    fires: {
      input: {
        [accountCondition(`${CLUSTER_ACCOUNT},type="Ready",status="False",reason="InvalidToken"`)]: "1x20",
      },
      labels: { kind: "ClusterAccount", name: "acme", reason: "InvalidToken" },
      after: 5,
    },
    silent: [
      {
        when: "the management API cannot be reached",
        input: {
          [accountCondition(`${ACCOUNT},type="Ready",status="False",reason="ManagementAPIUnavailable"`)]:
            "1x20",
        },
      },
    ],
  },
  SignatureApiManagementApiUnauthorized: {
    fires: { input: { [requests("403")]: "0+1x40" }, labels: { job: "keys", code: "403" }, after: 11 },
    silent: [
      { when: "a key is not found", input: { [requests("404")]: "0+1x40" } },
      { when: "it happens once", input: { [requests("401")]: "0x5 1x40" } },
    ],
  },
  SignatureApiManagementApiFailing: {
    fires: {
      input: { [requests("503")]: "0+1x60", [requests("timeout")]: "0+1x60", [requests("200")]: "0+2x60" },
      labels: { job: "keys" },
      after: 11,
    },
    silent: [
      {
        when: "one request of ten fails",
        input: { [requests("503")]: "0+1x60", [requests("200")]: "0+9x60" },
      },
      {
        when: "requests are refused",
        input: { [requests("404")]: "0+9x60", [requests("aborted")]: "0+9x60", [requests("200")]: "0+1x60" },
      },
    ],
  },
  SignatureApiRateLimited: {
    fires: {
      input: { [requests("429")]: "0+1x60", [requests("200")]: "0+9x60" },
      labels: { job: "keys" },
      after: 16,
    },
    silent: [
      {
        when: "it is one request of a hundred",
        input: { [requests("429")]: "0+1x60", [requests("200")]: "0+99x60" },
      },
    ],
  },
  SignatureApiRateLimitNear: {
    // 9 requests a second of 10.
    fires: {
      input: {
        [`signatureapi_account_rate_limit_wait_seconds_count{${ACCOUNT}}`]: "0+540x60",
        [`signatureapi_account_rate_limit_requests_per_second{${ACCOUNT}}`]: "10x60",
      },
      labels: account,
      after: 24,
    },
    silent: [
      {
        when: "half of the limit is used",
        input: {
          [`signatureapi_account_rate_limit_wait_seconds_count{${ACCOUNT}}`]: "0+300x60",
          [`signatureapi_account_rate_limit_requests_per_second{${ACCOUNT}}`]: "10x60",
        },
      },
    ],
  },
  SignatureApiUnaccountedKeys: {
    fires: {
      input: { [`signatureapi_account_keys{${ACCOUNT},state="unaccounted"}`]: "2x60" },
      labels: account,
      after: 30,
    },
    silent: [
      {
        when: "keys belong to others",
        input: {
          [`signatureapi_account_keys{${ACCOUNT},state="unaccounted"}`]: "0x60",
          [`signatureapi_account_keys{${ACCOUNT},state="foreign"}`]: "9x60",
        },
      },
    ],
  },
  SignatureApiInventoryStale: {
    // Every 10 minutes: more than three intervals and 15 minutes are 46, and 15 more pass until it fires.
    fires: {
      input: {
        [`${INTERVAL}{pod="one"}`]: "600x120",
        [`signatureapi_account_ready{${ACCOUNT}}`]: "1x120",
        [inventory(ACCOUNT)]: "0x120",
      },
      labels: account,
      after: 61,
    },
    silent: [
      {
        when: "inventories are made",
        input: {
          [`${INTERVAL}{pod="one"}`]: "600x120",
          [`signatureapi_account_ready{${ACCOUNT}}`]: "1x120",
          [inventory(ACCOUNT)]: "0+60x120",
        },
      },
      {
        when: "the interval is a day",
        input: {
          [`${INTERVAL}{pod="one"}`]: "86400x120",
          [`signatureapi_account_ready{${ACCOUNT}}`]: "1x120",
          [inventory(ACCOUNT)]: "0x120",
        },
      },
      {
        when: "the account cannot be used, which has an alert of its own",
        input: {
          [`${INTERVAL}{pod="one"}`]: "600x120",
          [`signatureapi_account_ready{${ACCOUNT}}`]: "0x120",
        },
      },
    ],
  },
  SignatureApiObjectsSkipped: {
    fires: {
      input: { 'signatureapi_watch_skipped_objects{kind="ApiKey"}': "1x30" },
      labels: { kind: "ApiKey" },
      after: 15,
    },
    silent: [
      {
        when: "the object is repaired",
        input: { 'signatureapi_watch_skipped_objects{kind="ApiKey"}': "1x5 0x30" },
      },
    ],
  },
  SignatureApiListRefused: {
    fires: {
      input: { 'signatureapi_watch_refused{kind="Secret",namespace="shop"}': "1x30" },
      labels: { kind: "Secret", namespace: "shop" },
      after: 15,
    },
    silent: [
      {
        when: "the right is there after five minutes",
        input: { 'signatureapi_watch_refused{kind="Secret",namespace=""}': "1x5 stale" },
      },
    ],
  },
};
