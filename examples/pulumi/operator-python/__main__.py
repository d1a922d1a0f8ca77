import pulumi
import pulumi_kubernetes as kubernetes

config = pulumi.Config()

rotation = {"every": "90d", "overlap": "24h"}
trigger = config.get("trigger")
if trigger is not None:
    rotation["trigger"] = trigger

# The program declares the key. The controller in the cluster requests it, writes its value into the Secret, and rotates
# it by its own clock. No value and no management token passes through this program or is in its state.
checkout = kubernetes.apiextensions.CustomResource(
    "checkout",
    api_version="signatureapi.com/v1",
    kind="ApiKey",
    metadata={
        "name": "checkout",
        "namespace": config.require("namespace"),
        # pulumi up completes when the value is delivered, and fails if it is not.
        "annotations": {"pulumi.com/waitFor": "condition=Ready"},
    },
    spec={
        "accountRef": {"kind": "ClusterAccount", "name": config.require("account")},
        "mode": "live",
        "description": "Checkout service",
        "rotation": rotation,
    },
)

# What Pods refer to: envFrom: [{secretRef: {name: …}}].
pulumi.export("secretName", checkout.metadata["name"])
