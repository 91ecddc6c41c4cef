# SPDX-License-Identifier: BSD-3-Clause
"""Schemas of the objects that the chart renders, as far as it renders them.

They follow the API reference of Kubernetes 1.28: field names, types, what is required, the forms of
names, labels and quantities. A field that is not here is refused, so that a misspelt one is found;
one that the chart begins to use is added.
"""

STRING = {"type": "string"}
TEXT = {"type": "string", "minLength": 1}
BOOLEAN = {"type": "boolean"}
COUNT = {"type": "integer", "minimum": 0}
POSITIVE = {"type": "integer", "minimum": 1}
SECONDS = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}
ID = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
SHARE = {"type": ["integer", "string"], "minimum": 0, "pattern": "^[0-9]+%$"}
PORT = {"type": "integer", "minimum": 1, "maximum": 65535}
# At most 15 letters, digits and single hyphens, with a letter among them.
PORT_NAME = {"type": "string", "maxLength": 15,
             "pattern": "^(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$"}
PORT_OR_NAME = {"anyOf": [PORT, PORT_NAME]}
PROTOCOL = {"enum": ["TCP", "UDP", "SCTP"]}
QUANTITY = {"type": ["string", "integer", "number"], "exclusiveMinimum": 0,
            "pattern": "^[0-9]+([.][0-9]+)?(m|k|[MGTPE]|[KMGTPE]i|e[0-9]+)?$"}
DURATION = {"type": "string", "pattern": "^([0-9]+(ms|s|m|h|d))+$"}
PATH = {"type": "string", "pattern": "^/[^:]*$"}
ENVIRONMENT_NAME = {"type": "string", "pattern": "^[-._a-zA-Z][-._a-zA-Z0-9]*$"}
# RFC 1123: a subdomain names most objects, a label parts of them. RFC 1035: services.
SUBDOMAIN = {"type": "string", "maxLength": 253,
             "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"}
LABEL = {"type": "string", "maxLength": 63, "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}
SERVICE_NAME = {"type": "string", "maxLength": 63, "pattern": "^[a-z]([-a-z0-9]*[a-z0-9])?$"}
KEY = {"pattern": "^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?"
                  "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"}
LABELS = {"type": "object", "propertyNames": KEY, "additionalProperties": {
    "type": "string", "pattern": "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$"}}
ANNOTATIONS = {"type": "object", "propertyNames": KEY, "additionalProperties": STRING}
BASE64 = {"type": "string",
          "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"}
DATA_KEYS = {"pattern": "^[-._a-zA-Z0-9]{1,253}$"}


def fields(required="", **known):
    """An object with these fields and no others; `required` has names with blanks between."""
    return {"type": "object", "additionalProperties": False, "required": required.split(),
            "properties": known}


def one_of(required="", choices="", **known):
    """As fields(), with exactly one of the choices."""
    return {**fields(required, **known),
            "oneOf": [{"required": [name]} for name in choices.split()]}


def list_of(item, least=1):
    return {"type": "array", "items": item, "minItems": least}


def by_name(item):
    """A list whose items have names; that these differ is looked at by faults()."""
    return {**list_of(item), "x-unique": "name"}


def metadata(name):
    return fields("name namespace labels", name=name, namespace=LABEL, labels=LABELS,
                  annotations=ANNOTATIONS)


def kind(version, name, object_name=SUBDOMAIN, required="spec", **known):
    return fields(f"apiVersion kind metadata {required}", apiVersion={"const": version},
                  kind={"const": name}, metadata=metadata(object_name), **known)


# --- parts of pods --------------------------------------------------------------------------------

EXPRESSION = fields("key operator", key=KEY | STRING, values=list_of(STRING), operator={
    "enum": ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]})
SELECTOR = {**fields(matchLabels=LABELS, matchExpressions=list_of(EXPRESSION)), "minProperties": 1}
PROFILE = fields("type", type={"enum": ["RuntimeDefault", "Unconfined", "Localhost"]},
                 localhostProfile=TEXT)
HEADER = fields("name value", name=TEXT, value=STRING)
PROBE = one_of(
    "", "exec httpGet tcpSocket grpc",
    exec=fields("command", command=list_of(STRING)),
    httpGet=fields("port", port=PORT_OR_NAME, path=STRING, host=STRING,
                   scheme={"enum": ["HTTP", "HTTPS"]}, httpHeaders=list_of(HEADER)),
    tcpSocket=fields("port", port=PORT_OR_NAME, host=STRING),
    grpc=fields("port", port=PORT, service=STRING),
    initialDelaySeconds=COUNT, periodSeconds=SECONDS, timeoutSeconds=SECONDS,
    failureThreshold=POSITIVE, successThreshold=POSITIVE,
    terminationGracePeriodSeconds=SECONDS)
# Others than readiness want one success only.
LIFE_PROBE = {**PROBE, "properties": {**PROBE["properties"], "successThreshold": {"const": 1}}}
REFERENCE = fields("name key", name=SUBDOMAIN, key=DATA_KEYS | STRING, optional=BOOLEAN)
VARIABLE = {
    **fields("name", name=ENVIRONMENT_NAME, value=STRING, valueFrom=one_of(
        "", "secretKeyRef configMapKeyRef fieldRef resourceFieldRef",
        secretKeyRef=REFERENCE, configMapKeyRef=REFERENCE,
        fieldRef=fields("fieldPath", fieldPath=TEXT, apiVersion=TEXT),
        resourceFieldRef=fields("resource", resource=TEXT, containerName=LABEL,
                                divisor=QUANTITY))),
    "not": {"required": ["value", "valueFrom"]}}
AMOUNTS = {"type": "object", "propertyNames": KEY, "additionalProperties": QUANTITY}
CONTAINER = fields(
    "name image", name=LABEL, image=TEXT, command=list_of(STRING), args=list_of(STRING),
    imagePullPolicy={"enum": ["Always", "IfNotPresent", "Never"]},
    env=by_name(VARIABLE), workingDir=PATH,
    ports=by_name(fields("containerPort", name=PORT_NAME, containerPort=PORT, hostPort=PORT,
                         protocol=PROTOCOL)),
    startupProbe=LIFE_PROBE, livenessProbe=LIFE_PROBE, readinessProbe=PROBE,
    resources=fields(limits=AMOUNTS, requests=AMOUNTS),
    securityContext=fields(
        allowPrivilegeEscalation=BOOLEAN, readOnlyRootFilesystem=BOOLEAN, privileged=BOOLEAN,
        runAsNonRoot=BOOLEAN, runAsUser=ID, runAsGroup=ID, seccompProfile=PROFILE,
        capabilities=fields(add=list_of(TEXT), drop=list_of(TEXT))),
    volumeMounts=list_of(fields("name mountPath", name=LABEL, mountPath=PATH, subPath=TEXT,
                                readOnly=BOOLEAN)))
ITEMS = list_of(fields("key path", key=DATA_KEYS | STRING,
                       path={"type": "string", "pattern": "^[^/]"}, mode=COUNT))
VOLUME = one_of(
    "name", "configMap secret emptyDir persistentVolumeClaim hostPath", name=LABEL,
    configMap=fields("name", name=SUBDOMAIN, items=ITEMS, defaultMode=COUNT, optional=BOOLEAN),
    secret=fields("secretName", secretName=SUBDOMAIN, items=ITEMS, defaultMode=COUNT,
                  optional=BOOLEAN),
    emptyDir=fields(medium={"enum": ["", "Memory"]}, sizeLimit=QUANTITY),
    persistentVolumeClaim=fields("claimName", claimName=SUBDOMAIN, readOnly=BOOLEAN),
    hostPath=fields("path", path=PATH, type=STRING))
POD_TERM = fields("topologyKey", topologyKey=KEY | STRING, labelSelector=SELECTOR,
                  namespaces=list_of(LABEL))
POD_AFFINITY = fields(
    requiredDuringSchedulingIgnoredDuringExecution=list_of(POD_TERM),
    preferredDuringSchedulingIgnoredDuringExecution=list_of(
        fields("weight podAffinityTerm", podAffinityTerm=POD_TERM,
               weight={"type": "integer", "minimum": 1, "maximum": 100})))
NODE_TERM = {**fields(matchExpressions=list_of(EXPRESSION), matchFields=list_of(EXPRESSION)),
             "minProperties": 1}
AFFINITY = fields(
    nodeAffinity=fields(
        requiredDuringSchedulingIgnoredDuringExecution=fields(
            "nodeSelectorTerms", nodeSelectorTerms=list_of(NODE_TERM)),
        preferredDuringSchedulingIgnoredDuringExecution=list_of(
            fields("weight preference", preference=NODE_TERM, weight=POSITIVE))),
    podAffinity=POD_AFFINITY, podAntiAffinity=POD_AFFINITY)
TOLERATION = fields(key=KEY | STRING, operator={"enum": ["Exists", "Equal"]}, value=STRING,
                    effect={"enum": ["NoSchedule", "PreferNoSchedule", "NoExecute"]},
                    tolerationSeconds={"type": "integer"})
SPREAD = fields("maxSkew topologyKey whenUnsatisfiable", maxSkew=POSITIVE, topologyKey=KEY | STRING,
                whenUnsatisfiable={"enum": ["DoNotSchedule", "ScheduleAnyway"]},
                labelSelector=SELECTOR, minDomains=POSITIVE)
POD = fields(
    "containers", serviceAccountName=SUBDOMAIN, automountServiceAccountToken=BOOLEAN,
    terminationGracePeriodSeconds=COUNT, imagePullSecrets=by_name(fields("name", name=SUBDOMAIN)),
    priorityClassName=SUBDOMAIN, runtimeClassName=SUBDOMAIN, nodeSelector=LABELS,
    securityContext=fields(
        fsGroup=ID, runAsUser=ID, runAsGroup=ID, runAsNonRoot=BOOLEAN, seccompProfile=PROFILE,
        supplementalGroups=list_of(ID), fsGroupChangePolicy={"enum": ["OnRootMismatch", "Always"]},
        sysctls=by_name(HEADER)),
    affinity=AFFINITY, tolerations=list_of(TOLERATION), topologySpreadConstraints=list_of(SPREAD),
    initContainers=by_name(CONTAINER), containers=by_name(CONTAINER), volumes=by_name(VOLUME))

# --- the objects ----------------------------------------------------------------------------------

CLAIM = fields(
    "metadata spec",
    metadata=fields("name", name=LABEL, labels=LABELS, annotations=ANNOTATIONS),
    spec=fields("accessModes resources", storageClassName=STRING,
                accessModes=list_of({"enum": ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany",
                                              "ReadWriteOncePod"]}),
                resources=fields("requests", requests=fields("storage", storage=QUANTITY))))
KEPT = {"enum": ["Retain", "Delete"]}
STATEFUL_SET = kind(
    "apps/v1", "StatefulSet", SUBDOMAIN | {"maxLength": 52},
    spec=fields(
        "serviceName selector template", serviceName=SERVICE_NAME, replicas=COUNT,
        podManagementPolicy={"enum": ["OrderedReady", "Parallel"]},
        selector=SELECTOR, persistentVolumeClaimRetentionPolicy=fields(
            whenDeleted=KEPT, whenScaled=KEPT),
        template=fields("metadata spec", spec=POD, metadata=fields(
            "labels", labels=LABELS, annotations=ANNOTATIONS)),
        volumeClaimTemplates=list_of(CLAIM)))
SERVICE = kind(
    "v1", "Service", SERVICE_NAME,
    spec=fields(
        "ports selector", type={"enum": ["ClusterIP", "NodePort", "LoadBalancer"]},
        clusterIP={"type": "string", "pattern": "^(None|[0-9a-f.:]+)$"}, selector=LABELS,
        publishNotReadyAddresses=BOOLEAN, loadBalancerClass=KEY | STRING,
        loadBalancerSourceRanges=list_of({"type": "string", "pattern": "^[0-9a-f.:]+/[0-9]+$"}),
        ports=by_name(fields("port", name=LABEL, port=PORT, protocol=PROTOCOL,
                             targetPort=PORT_OR_NAME, nodePort=PORT))))
CONFIG_MAP = kind("v1", "ConfigMap", required="data", data={
    "type": "object", "propertyNames": DATA_KEYS, "additionalProperties": STRING})
SECRET = kind("v1", "Secret", required="data", type=TEXT, data={
    "type": "object", "propertyNames": DATA_KEYS, "additionalProperties": BASE64})
SERVICE_ACCOUNT = kind("v1", "ServiceAccount", required="",
                       automountServiceAccountToken=BOOLEAN)
BUDGET = kind("policy/v1", "PodDisruptionBudget",
              spec=one_of("selector", "minAvailable maxUnavailable", selector=SELECTOR,
                          minAvailable=SHARE, maxUnavailable=SHARE,
                          unhealthyPodEvictionPolicy={"enum": ["IfHealthyBudget", "AlwaysAllow"]}))
PEER = {**fields(podSelector=SELECTOR, namespaceSelector=SELECTOR,
                 ipBlock=fields("cidr", cidr=TEXT)), "minProperties": 1}
POLICY = kind("networking.k8s.io/v1", "NetworkPolicy", spec=fields(
    "podSelector", podSelector=SELECTOR, policyTypes=list_of({"enum": ["Ingress", "Egress"]}),
    ingress=list_of({"type": "object", "additionalProperties": False, "properties": {
        "ports": list_of(fields(port=PORT_OR_NAME, protocol=PROTOCOL, endPort=PORT)),
        "from": list_of(PEER)}})))
MONITOR = kind("monitoring.coreos.com/v1", "ServiceMonitor", spec=fields(
    "selector endpoints", selector=SELECTOR,
    namespaceSelector=fields(matchNames=list_of(LABEL), any=BOOLEAN),
    endpoints=list_of(fields(port=PORT_NAME, path=PATH, interval=DURATION,
                             scrapeTimeout=DURATION))))

SCHEMAS = {schema["properties"]["kind"]["const"]: schema for schema in (
    STATEFUL_SET, SERVICE, CONFIG_MAP, SECRET, SERVICE_ACCOUNT, BUDGET, POLICY, MONITOR)}


def faults(item, jsonschema):
    """What Kubernetes would refuse of an object, as texts."""
    schema = SCHEMAS.get(item.get("kind"))
    if schema is None:
        return [f"no schema for the kind {item.get('kind')}"]

    def differ(_, key, items, __):
        names = [item[key] for item in items if key in item]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield jsonschema.ValidationError(f"{key} {name} occurs twice")

    validator = jsonschema.validators.extend(jsonschema.Draft7Validator, {"x-unique": differ})
    return [f"{'/'.join(str(part) for part in error.absolute_path)}: {error.message}"
            for error in validator(schema).iter_errors(item)]
