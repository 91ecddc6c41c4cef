#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The Helm chart, rendered with the templates' own language for many sets of values."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

try:
    import jsonschema
    import yaml
except ImportError:
    jsonschema = yaml = None

from case import ROOT, main, release, run
from kubernetes import faults

CHART = os.path.join(ROOT, "packaging", "helm", "skarn")
SPRIG = "/usr/share/gocode/src/github.com/Masterminds/sprig"
LIMITS = {"resources": {"limits": {"cpu": "4", "memory": "8Gi"}}}
GOOD = {
    "defaults": {},
    "replication": {"architecture": "replication", "replica": {"replicas": 4}},
    "limits": LIMITS,
    "millicores": {"resources": {"limits": {"cpu": "2500m", "memory": "1500M"}}},
    "half a cpu": {"resources": {"limits": {"cpu": "500m", "memory": "512Mi"}}},
    "fixed": {"threads": 6, "maxmemory": "2gb", "maxmemoryPolicy": "allkeys-lru"},
    "bytes": {"maxmemory": 2147483648, "terminationGracePeriodSeconds": 1000000, "threads": 256,
              "service": {"type": "NodePort", "port": 7000, "nodePort": 30000},
              "podDisruptionBudget": {"maxUnavailable": 1000000}, "architecture": "replication",
              "livenessProbe": {"periodSeconds": 1000000},
              "resources": {"limits": {"cpu": 4, "memory": 8589934592}}},
    "password": {"auth": {"enabled": True, "password": "a \"b\" \\c"}},
    "foreign secret": {"auth": {"enabled": True, "existingSecret": "mine",
                                "existingSecretPasswordKey": "key"}},
    "random password": {"auth": {"enabled": True}, "architecture": "replication"},
    "no disk": {"persistence": {"enabled": False}},
    "own claim": {"persistence": {"existingClaim": "mine"}},
    "metrics": {"metrics": {"enabled": True, "port": 9000, "args": ["--debug"],
                            "image": {"repository": "exporter", "tag": "v1"},
                            "env": [{"name": "A", "value": "b"}],
                            "resources": {"limits": {"cpu": 0.1, "memory": "64Mi"}},
                            "service": {"port": 80, "annotations": {"a": "b"}},
                            "serviceMonitor": {"enabled": True, "interval": "15s",
                                               "labels": {"release": "prometheus"}}},
                "auth": {"enabled": True}, "networkPolicy": {"enabled": True},
                "global": {"imageRegistry": "registry.example"}},
    "own probes": {"livenessProbe": {"customProbe": {"tcpSocket": {"port": "redis"}}},
                   "readinessProbe": {"customProbe": {"httpGet": {"port": 9121, "path": "/"},
                                                      "periodSeconds": 7}}},
    "quorum": {"architecture": "replication", "podDisruptionBudget": {"minAvailable": "50%"}},
    "placed": {"architectures": ["arm64"], "instanceTypes": ["c7g.2xlarge"],
               "nodeSelector": {"pool": "data"}, "tolerations": [{"operator": "Exists"}],
               "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone",
                                              "whenUnsatisfiable": "ScheduleAnyway"}]},
    "balanced": {"service": {"type": "LoadBalancer", "loadBalancerClass": "net",
                             "loadBalancerSourceRanges": ["10.0.0.0/8"]}},
    "guarded": {"networkPolicy": {"enabled": True, "allowExternal": False},
                "architecture": "replication"},
    "registry": {"global": {"imageRegistry": "registry.example", "imagePullSecrets": ["a"]},
                 "image": {"digest": "sha256:" + "0" * 64}, "imagePullSecrets": ["b"]},
    "extras": {"config": "hz 20\ndatabases 4\n", "extraFlags": ["--hz", "30"],
               "env": [{"name": "TZ", "value": "UTC"}], "podLabels": {"a": "b"},
               "extraVolumes": [{"name": "x", "emptyDir": {}}], "commonLabels": {"team": "t"},
               "extraVolumeMounts": [{"name": "x", "mountPath": "/x"}],
               "extraContainers": [{"name": "side", "image": "side"}],
               "readinessProbe": {"enabled": False}},
}
BAD = ({"architecture": "sentinel"}, {"threads": -1}, {"maxmemory": "lots"}, {"no-such": 1},
       {"maxmemoryPercent": 101}, {"auth": {"enabled": "yes"}}, {"architectures": ["sparc"]},
       {"profile": "a b\nc"}, {"commonLabels": {"a": 1}}, {"fullnameOverride": "1"},
       {"threads": 1025}, {"maxmemory": 0.5}, {"persistence": {"size": "big"}},
       {"podDisruptionBudget": {"maxUnavailable": "one"}},
       {"metrics": {"serviceMonitor": {"interval": "often"}}})
# (kind, path, value): what Kubernetes refuses; None takes the field away.
BROKEN = (
    ("StatefulSet", "spec/template/spec/terminationGracePeriodSeconds", "1e+06"),
    ("StatefulSet", "spec/template/spec/containers/0/ports/0/containerPort", 70000),
    ("StatefulSet", "spec/template/spec/containers/0/ports/0/name", "REDIS"),
    ("StatefulSet", "spec/template/spec/containers/0/imagePullPolicy", "Sometimes"),
    ("StatefulSet", "spec/template/spec/containers/0/image", None),
    ("StatefulSet", "spec/template/spec/containers/0/livenessProbe/exec", None),
    ("StatefulSet", "spec/template/spec/containers/0/livenessProbe/tcpSocket", {"port": 1}),
    ("StatefulSet", "spec/template/spec/containers/0/livenessProbe/successThreshold", 2),
    ("StatefulSet", "spec/template/spec/containers/0/livenessProbe/period", 5),
    ("StatefulSet", "spec/template/spec/containers/0/resources/limits/memory", "8 GB"),
    ("StatefulSet", "spec/template/spec/containers/0/env/0/value", 6379),
    ("StatefulSet", "spec/template/spec/containers/0/env/1/name", "SKARN_ROLE"),
    ("StatefulSet", "spec/template/spec/containers/0/volumeMounts/0/mountPath", "data"),
    ("StatefulSet", "spec/template/spec/volumes/0/emptyDir", {}),
    ("StatefulSet", "spec/template/spec/securityContext/runAsUser", "1000"),
    ("StatefulSet", "spec/template/metadata/annotations/checksum~1config", 5),
    ("StatefulSet", "spec/volumeClaimTemplates/0/spec/resources/requests/storage", "big"),
    ("StatefulSet", "spec/serviceName", None), ("StatefulSet", "spec/replicas", "1"),
    ("StatefulSet", "metadata/labels/app.kubernetes.io~1name", "-"),
    ("StatefulSet", "metadata/name", "Test"), ("StatefulSet", "apiVersion", "apps/v1beta1"),
    ("Service", "metadata/name", "1test"), ("Service", "spec/ports/0/port", "6379"),
    ("Service", "spec/ports/0/nodePort", 0), ("Service", "spec/clusterIP", "none"),
    ("Service", "spec/type", "Balancer"), ("Service", "spec/ports", None),
    ("ConfigMap", "data/skarn.conf", 5), ("ConfigMap", "data/a b", "x"),
    ("Secret", "data/password", "no base64"), ("ServiceAccount", "automount", True),
    ("PodDisruptionBudget", "spec/minAvailable", 1),
    ("PodDisruptionBudget", "spec/maxUnavailable", "half"),
    ("PodDisruptionBudget", "spec/selector", {}),
    ("NetworkPolicy", "spec/ingress/0/ports/0/protocol", "tcp"),
    ("NetworkPolicy", "spec/ingress/0/to", []), ("NetworkPolicy", "spec/podSelector", None),
    ("ServiceMonitor", "spec/endpoints/0/interval", "15"),
    ("ServiceMonitor", "spec/endpoints", []), ("ServiceMonitor", "kind", "Monitor"),
)


def changed(item, path, value):
    """A copy of an object with another value at a path, whose names write / as ~1."""
    item = json.loads(json.dumps(item))
    names = [name.replace("~1", "/") for name in path.split("/")]
    inner = item
    for name in names[:-1]:
        inner = inner[int(name) if isinstance(inner, list) else name]
    if value is None:
        del inner[names[-1]]
    else:
        inner[names[-1]] = value
    return item


@unittest.skipUnless(jsonschema and shutil.which("go") and os.path.isdir(SPRIG),
                     "no Go with sprig, or no jsonschema and yaml for Python")
class ChartTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="skarn-test-")
        # As it will be when the server can replicate.
        cls.chart = shutil.copytree(CHART, os.path.join(cls.folder.name, "chart"))
        path = os.path.join(cls.chart, "Chart.yaml")
        with open(path, encoding="utf-8") as file:
            about = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(about.replace('skarn/replication: "no"', 'skarn/replication: "yes"'))
        cls.renderer = os.path.join(cls.folder.name, "render")
        run("go", "build", "-o", cls.renderer, os.path.join(ROOT, "tests/packages/chart/render.go"),
            env={**os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode",
                 "GOCACHE": os.path.join(cls.folder.name, "cache")})
        with open(os.path.join(CHART, "values.schema.json"), encoding="utf-8") as file:
            cls.schema = json.load(file)
        with open(os.path.join(CHART, "values.yaml"), encoding="utf-8") as file:
            cls.values = yaml.safe_load(file)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @staticmethod
    def write_text(path, text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def render(self, values):
        """{(kind, name): object}."""
        path = os.path.join(self.folder.name, "values.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(values, file)
        text = run(self.renderer, self.chart, path)
        text = "---\n".join(part for part in text.split("---\n") if "NOTES.txt" not in part)
        objects = [item for item in yaml.safe_load_all(text) if item]
        found = {(item["kind"], item["metadata"]["name"]): item for item in objects}
        self.assertEqual(len(found), len(objects), "a name occurs twice")
        return found

    def pod(self, values):
        return self.render(values)["StatefulSet", "test-skarn"]["spec"]["template"]["spec"]

    def config(self, values):
        return self.render(values)["ConfigMap", "test-skarn"]["data"]["skarn.conf"]

    def test_every_set_of_values_is_allowed_and_renders_sound_objects(self):
        jsonschema.validate(self.values, self.schema)
        for name, values in GOOD.items():
            jsonschema.validate(values, self.schema)
            with self.subTest(name):
                for item in self.render(values).values():
                    self.assertEqual(faults(item, jsonschema), [])
                    self.assertEqual(item["metadata"]["labels"]["app.kubernetes.io/instance"],
                                     "test")
                self.check_set(self.render(values))

    def test_the_schemas_of_objects_refuse_what_kubernetes_does(self):
        everything = {**GOOD["metrics"], **GOOD["replication"], **LIMITS,
                      "networkPolicy": {"enabled": True}}
        found = {}
        for (kind, _), item in self.render(everything).items():
            found.setdefault(kind, item)
        for kind, path, value in BROKEN:
            with self.subTest(f"{kind} {path} {value}"):
                self.assertEqual(faults(found[kind], jsonschema), [])
                self.assertNotEqual(faults(changed(found[kind], path, value), jsonschema), [])

    def check_set(self, objects):
        spec = objects["StatefulSet", "test-skarn"]["spec"]
        labels = spec["template"]["metadata"]["labels"]
        for key, value in spec["selector"]["matchLabels"].items():
            self.assertEqual(labels[key], value)
        self.assertIn(("Service", spec["serviceName"]), objects)
        pod = spec["template"]["spec"]
        volumes = {volume["name"] for volume in pod["volumes"]}
        volumes |= {claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", [])}
        for container in pod["containers"]:
            for mount in container.get("volumeMounts", []):
                self.assertIn(mount["name"], volumes)
        self.assertTrue(pod["securityContext"]["runAsNonRoot"])
        self.assertTrue(pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"])

    def test_the_schema_refuses_nonsense(self):
        for values in BAD:
            with self.assertRaises(jsonschema.ValidationError, msg=values):
                jsonschema.validate(values, self.schema)

    def test_the_server_accepts_the_configurations(self):
        program = os.environ.get("SKARN_TEST_SERVER") or os.path.join(
            release.artifact_folder("amd64"), "skarn")
        for name, values in GOOD.items():
            path = os.path.join(self.folder.name, "skarn.conf")
            with open(path, "w", encoding="utf-8") as file:
                file.write(self.config(values).replace("dir /data", f"dir {self.folder.name}"))
            self.assertIn("accepted", run(program, "--check-config", path), name)

    def test_threads_and_memory_follow_the_limits(self):
        for name, threads, memory in (("defaults", 0, 0), ("limits", 4, 8 * 2**30 * 75 // 100),
                                      ("millicores", 2, 1500 * 10**6 * 75 // 100),
                                      ("half a cpu", 1, 512 * 2**20 * 75 // 100),
                                      ("fixed", 6, "2gb"), ("bytes", 256, 2147483648)):
            lines = self.config(GOOD[name]).splitlines()
            self.assertIn(f"io-threads {threads}", lines, name)
            self.assertIn(f"maxmemory {memory}", lines, name)

    def test_big_numbers_have_no_exponent(self):
        objects = self.render(GOOD["bytes"])
        pod = objects["StatefulSet", "test-skarn"]["spec"]["template"]["spec"]
        self.assertEqual(pod["terminationGracePeriodSeconds"], 1000000)
        self.assertEqual(pod["containers"][0]["livenessProbe"]["periodSeconds"], 1000000)
        budget = objects["PodDisruptionBudget", "test-skarn"]["spec"]
        self.assertEqual(budget["maxUnavailable"], 1000000)
        port = objects["Service", "test-skarn"]["spec"]["ports"][0]
        self.assertEqual((port["port"], port["nodePort"]), (7000, 30000))
        config = self.config({"maxmemory": "auto", "resources": GOOD["bytes"]["resources"]})
        self.assertIn(f"maxmemory {8589934592 * 75 // 100}", config.splitlines())

    def test_another_password_rolls_the_pods(self):
        def annotations(**auth):
            objects = self.render({"auth": {"enabled": True, **auth}})
            return objects["StatefulSet", "test-skarn"]["spec"]["template"]["metadata"][
                "annotations"]

        self.assertNotEqual(annotations(password="a"), annotations(password="b"))
        self.assertEqual(annotations(password="a"), annotations(password="a"))
        # A random one is another at each rendering without a cluster.
        self.assertNotIn("checksum/secret", annotations())

    def test_readiness_waits_for_the_data_and_liveness_does_not(self):
        container = self.pod({})["containers"][0]
        self.assertEqual(container["readinessProbe"]["exec"]["command"], ["skarn-healthcheck"])
        self.assertEqual(container["livenessProbe"]["exec"]["command"],
                         ["skarn-healthcheck", "--alive"])
        self.assertNotIn("readinessProbe", self.pod(GOOD["extras"])["containers"][0])

    def test_replicas_follow_pod_0(self):
        objects = self.render(GOOD["replication"])
        self.assertEqual(objects["StatefulSet", "test-skarn"]["spec"]["replicas"], 5)
        self.assertEqual(objects["Service", "test-skarn"]["spec"]["selector"]
                         ["apps.kubernetes.io/pod-index"], "0")
        self.assertIn(("Service", "test-skarn-read"), objects)
        self.assertIn(("PodDisruptionBudget", "test-skarn"), objects)
        self.assertNotIn(("PodDisruptionBudget", "test-skarn"), self.render({}))

    def refused(self, values, chart=None):
        """What rendering says that fails."""
        path = os.path.join(self.folder.name, "values.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(values, file)
        return run(self.renderer, chart or self.chart, path, status=1)

    def test_replicas_are_refused_while_the_server_cannot_replicate(self):
        self.assertIn("cannot replicate yet", self.refused(GOOD["replication"], CHART))

    def test_a_claim_made_before_holds_the_data_of_one_server(self):
        spec = self.render(GOOD["own claim"])["StatefulSet", "test-skarn"]["spec"]
        self.assertNotIn("volumeClaimTemplates", spec)
        self.assertIn({"name": "data", "persistentVolumeClaim": {"claimName": "mine"}},
                      spec["template"]["spec"]["volumes"])
        self.assertIn("cannot share", self.refused({**GOOD["replication"], **GOOD["own claim"]}))

    def test_own_probes_take_the_place_of_ours(self):
        container = self.pod(GOOD["own probes"])["containers"][0]
        self.assertEqual(container["livenessProbe"], {"tcpSocket": {"port": "redis"}})
        self.assertEqual(container["readinessProbe"],
                         {"httpGet": {"port": 9121, "path": "/"}, "periodSeconds": 7})
        self.assertIn("exec", container["startupProbe"])

    def test_a_budget_may_name_what_stays(self):
        budget = self.render(GOOD["quorum"])["PodDisruptionBudget", "test-skarn"]["spec"]
        self.assertEqual(budget["minAvailable"], "50%")
        self.assertNotIn("maxUnavailable", budget)

    def test_an_exporter_beside_the_server(self):
        objects = self.render(GOOD["metrics"])
        pod = objects["StatefulSet", "test-skarn"]["spec"]["template"]["spec"]
        side = pod["containers"][1]
        self.assertEqual(side["image"], "registry.example/exporter:v1")
        self.assertEqual(side["ports"], [{"name": "metrics", "containerPort": 9000}])
        variables = {item["name"]: item for item in side["env"]}
        self.assertEqual(variables["REDIS_PASSWORD"]["valueFrom"]["secretKeyRef"],
                         {"name": "test-skarn", "key": "password"})
        service = objects["Service", "test-skarn-metrics"]
        monitor = objects["ServiceMonitor", "test-skarn"]
        self.assertEqual(monitor["metadata"]["labels"]["release"], "prometheus")
        self.assertEqual(monitor["spec"]["endpoints"], [{"port": "metrics", "interval": "15s"}])
        # Of all services of the release the monitor finds this one only.
        found = [name for (kind, name), item in objects.items() if kind == "Service" and
                 monitor["spec"]["selector"]["matchLabels"].items()
                 <= item["metadata"]["labels"].items()]
        self.assertEqual(found, [service["metadata"]["name"]])
        rules = objects["NetworkPolicy", "test-skarn"]["spec"]["ingress"]
        self.assertIn({"ports": [{"port": 9000, "protocol": "TCP"}]}, rules)
        for image in ({}, {"repository": "exporter"}):
            self.assertIn("name the exporter",
                          self.refused({"metrics": {"enabled": True, "image": image}}))

    def test_the_start_script_adds_what_the_role_needs(self):
        script = self.render(GOOD["replication"])["ConfigMap", "test-skarn"]["data"]["start.sh"]
        folder = self.folder.name
        for name, text in (("skarn.conf", "port 6379\n"), ("secret", 'a"b\\c')):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        script = script.replace("/etc/skarn/skarn.conf", f"{folder}/skarn.conf")
        script = script.replace("/run/skarn/skarn.conf", f"{folder}/run.conf")
        script = script.replace("docker-entrypoint.sh", "cat #")
        for role, host, wanted in (("standalone", "x-0", False), ("replication", "x-0", False),
                                   ("replication", "x-1", True)):
            done = subprocess.run(
                ["sh", "-c", script.replace("exec cat #", f"exec cat {folder}/run.conf #")],
                env={"PATH": os.environ["PATH"], "SKARN_ROLE": role, "HOSTNAME": host,
                     "SKARN_PRIMARY": "x-0.x", "SKARN_PASSWORD_FILE": f"{folder}/secret"},
                stdout=subprocess.PIPE, text=True, check=True)
            self.assertEqual("replicaof x-0.x 6379" in done.stdout, wanted)
            self.assertEqual('primaryauth "a\\"b\\\\c"' in done.stdout, role == "replication")

    def test_secrets(self):
        secret = self.render(GOOD["password"])["Secret", "test-skarn"]["data"]["password"]
        self.assertEqual(secret, "YSAiYiIgXGM=")
        self.assertNotIn(("Secret", "test-skarn"), self.render(GOOD["foreign secret"]))
        item = [volume for volume in self.pod(GOOD["foreign secret"])["volumes"]
                if volume["name"] == "password"][0]
        self.assertEqual(item["secret"]["secretName"], "mine")

    def test_images(self):
        self.assertEqual(self.pod({})["containers"][0]["image"], "skarn:0.0.0")
        path = os.path.join(self.chart, "Chart.yaml")
        with open(path, encoding="utf-8") as file:
            about = file.read()
        self.addCleanup(self.write_text, path, about)
        self.write_text(path, about.replace("appVersion: 0.0.0", "appVersion: 0.1.0-rc1+next"))
        # What release.image_tag() makes of it.
        self.assertEqual(self.pod({})["containers"][0]["image"], "skarn:0.1.0-rc1-next")
        pod = self.pod(GOOD["registry"])
        self.assertEqual(pod["containers"][0]["image"],
                         "registry.example/skarn@sha256:" + "0" * 64)
        self.assertEqual(pod["imagePullSecrets"], [{"name": "a"}, {"name": "b"}])

    def test_what_has_no_unit_of_memory_fails(self):
        with self.assertRaises(AssertionError):
            self.render({"resources": {"limits": {"memory": "1Zi"}}})


if __name__ == "__main__":
    main()
