"""What a service offers, as OpenAPI 3.1."""

from __future__ import annotations

from telic.design import python
from telic.design.plan import OperationPlan, ServicePlan, SystemPlan
from telic.model.intent import Field, FieldType, StateMachine

Schema = dict[str, object]
GEO: Schema = {
    "type": "object",
    "required": ["lat", "lon"],
    "properties": {
        "lat": {"type": "number", "minimum": -85, "maximum": 85},
        "lon": {"type": "number", "minimum": -180, "maximum": 180},
    },
}
DAYS: Schema = {
    "type": "object",
    "description": "Days from start to the one before end.",
    "required": ["start", "end"],
    "properties": {"start": {"type": "string", "format": "date"}, "end": {"type": "string", "format": "date"}},
}
FAILURES = {
    "400": "The body is no such request.",
    "429": "Too much to do; see Retry-After.",
    "500": "A defect.",
    "503": "A dependency failed.",
    "504": "The deadline passed.",
}


def openapi(service: ServicePlan, system: SystemPlan, machines: tuple[StateMachine, ...]) -> Schema:
    """Return the document of one service."""
    writer = _Writer(system, machines)
    paths = {f"/{plan.name}": writer.path(plan) for plan in service.operations}
    components: Schema = {
        "schemas": dict(sorted(writer.schemas.items())),
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{system.system}: {service.name}", "version": "1"},
        "paths": paths,
        "components": components,
    }


class _Writer:
    """Collects the schemas that paths refer to."""

    def __init__(self, system: SystemPlan, machines: tuple[StateMachine, ...]) -> None:
        self._system, self._machines = system, machines
        self.schemas: dict[str, Schema] = {
            "Error": {
                "type": "object",
                "required": ["error", "message"],
                "properties": {"error": {"type": "string"}, "message": {"type": "string"}},
            }
        }

    def path(self, plan: OperationPlan) -> Schema:
        """Return the path item of one operation."""
        self.schemas[plan.request] = self._object(plan.operation.request, checked=True)
        self.schemas[plan.reply] = self._object(plan.operation.reply, checked=False)
        post: Schema = {
            "operationId": plan.name,
            "summary": plan.about,
            "description": f"Derives from {', '.join(plan.operation.derives)} of the intent.",
            "requestBody": {"required": True, "content": _json(plan.request)},
            "responses": self._responses(plan),
        }
        if plan.auth:
            post["security"] = [{"token": []}]
        if plan.operation.mutating:
            key: Schema = {"name": "idempotency-key", "in": "header", "schema": {"type": "string", "maxLength": 200}}
            post["parameters"] = [key]
        return {"post": post}

    def _responses(self, plan: OperationPlan) -> Schema:
        responses: Schema = {"200": {"description": "Done.", "content": _json(plan.reply)}}
        failures = dict(FAILURES)
        if plan.auth:
            failures |= {"401": "No token that holds.", "403": "Somebody else's token."}
        for status, words in failures.items():
            responses[status] = {"description": words, "content": _json("Error")}
        if plan.operation.errors:
            names = ", ".join(plan.operation.errors)
            responses["422"] = {"description": f"A business error: {names}.", "content": _json("Error")}
        return dict(sorted(responses.items()))

    def _object(self, fields: tuple[Field, ...], *, checked: bool) -> Schema:
        schema: Schema = {
            "type": "object",
            "properties": {each.name: self._type(each.type, checked=checked) for each in fields},
            "required": [each.name for each in fields if not each.optional],
        }
        return schema | ({"additionalProperties": False} if checked else {})

    def _type(self, kind: FieldType, *, checked: bool) -> Schema:
        if kind.many:
            items = self._one(kind, checked=checked)
            most: Schema = {"maxItems": int(kind.maximum)} if kind.maximum is not None else {}
            return {"type": "array", "items": items} | most
        return self._one(kind, checked=checked)

    def _one(self, kind: FieldType, *, checked: bool) -> Schema:
        if kind.base == "entity":
            entity = self._system.entity(kind.target)
            if kind.target not in self.schemas:
                self.schemas[kind.target] = self._object(entity.fields, checked=False)
            return {"$ref": f"#/components/schemas/{kind.target}"}
        if kind.base in ("geo", "daterange"):
            return GEO if kind.base == "geo" else DAYS
        if kind.base in ("enum", "state"):
            options = kind.options if kind.base == "enum" else python.states(kind, self._machines)
            return {"type": "string", "enum": list(options)}
        if kind.base in ("int", "money", "float", "duration"):
            return _number(kind) if checked and not kind.many else {"type": _number(kind)["type"]}
        return _text(kind) if checked else {"type": _text(kind)["type"]}


def _number(kind: FieldType) -> Schema:
    low, high = python.bounds(kind)
    schema: Schema = {"type": "integer" if kind.base in ("int", "money") else "number"}
    if kind.base == "money":
        schema["description"] = "In minor units, such as cents."
    if low is not None and low > -python.MOST_INT:
        schema["exclusiveMinimum" if kind.exclusive else "minimum"] = low
    if high is not None and high < python.MOST_INT:
        schema["maximum"] = high
    return schema


def _text(kind: FieldType) -> Schema:
    if kind.base == "bool":
        return {"type": "boolean"}
    if kind.base == "date":
        return {"type": "string", "format": "date"}
    if kind.base == "ref":
        return {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}
    if kind.base == "secret":
        return {"type": "string", "minLength": 8, "maxLength": 128, "format": "password"}
    if kind.base == "email":
        return {"type": "string", "maxLength": 254, "format": "email"}
    return {"type": "string", "maxLength": int(kind.maximum or python.LINE)}


def _json(name: str) -> Schema:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
