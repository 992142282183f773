"""What drf-spectacular cannot read from the serializers: every refusal is one and the same problem document (RFC 9457)."""

from typing import Any

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `errors` : ce qui ne va pas, par champ.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Le motif d’un refus, pour les machines (already_given, too_soon, suspended …)."},
        "errors": {"type": "object", "additionalProperties": {}},
    },
}


def describe_refusals(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Adds the problem document to each operation: for any 4XX, and for those described without content."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in result["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                if status.startswith("4"):
                    told = response.setdefault("content", content)
                    if "application/json" in told:
                        told["application/problem+json"] = told.pop("application/json")
            operation["responses"]["4XX"] = {"description": "Refus", "content": content}
    return result
