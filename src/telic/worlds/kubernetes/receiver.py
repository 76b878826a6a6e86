"""A receiver of telemetry beside a system: Telic's own, which takes OTLP from its pods and questions from nobody else.

Questions are taken on the pod's loopback device, which only a forwarded port reaches.
"""

from __future__ import annotations

from telic.worlds.kubernetes import names
from telic.worlds.kubernetes.pods import LAST_WORDS, UNWRITABLE, Manifest, confined

NAME, COMPONENT = "telemetry", "telemetry"
OTLP, ASK = 4318, 4319
ENDPOINT = f"http://{NAME}:{OTLP}"
ROOM = "4Gi"  # of a pod's telemetry


def manifests(system: str, namespace: str, image: str) -> list[Manifest]:
    """Return the Deployment, the Service and the NetworkPolicy of a receiver for the pods of `system`."""
    labels = {**names.labels(f"{system}-lab", NAME, COMPONENT)}
    chosen = names.selector(f"{system}-lab", NAME)

    def metadata(name: str = NAME) -> Manifest:
        return {"name": name, "namespace": namespace, "labels": dict(labels)}

    command = ["python", "-m", "telic.telemetry.receiver", "--state", "/data", "--socket", "/data/ask.sock"]
    command += ["--listen", f"0.0.0.0:{OTLP}", "--allow-remote", "--ask", f"127.0.0.1:{ASK}"]
    container = {
        "name": NAME,
        "image": image,
        "command": command,
        "ports": [{"name": "otlp", "containerPort": OTLP}],
        "readinessProbe": {"httpGet": {"path": "/-/ready", "port": "otlp"}, "periodSeconds": 1, "timeoutSeconds": 2},
        "resources": {"requests": {"cpu": "200m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}},
        "terminationMessagePolicy": LAST_WORDS,
        "securityContext": UNWRITABLE,
        "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "tmp", "mountPath": "/tmp"}],
    }
    kept = [{"name": "data", "emptyDir": {"sizeLimit": ROOM}}, {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}]
    template = {"metadata": {"labels": dict(labels)}, "spec": confined([container], kept)}
    senders = {"podSelector": {"matchLabels": names.selector(system)}}
    taken = {"from": [senders], "ports": [{"protocol": "TCP", "port": OTLP}]}
    return [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": metadata(f"{NAME}-edges"),
            "spec": {
                "podSelector": {"matchLabels": chosen},
                "policyTypes": ["Ingress", "Egress"],
                "ingress": [taken],
                "egress": [],
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata(),
            "spec": {"selector": chosen, "ports": [{"name": "otlp", "port": OTLP, "targetPort": OTLP}]},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata(),
            "spec": {
                "replicas": 1,
                "strategy": {"type": "Recreate"},
                "selector": {"matchLabels": chosen},
                "template": template,
            },
        },
    ]
