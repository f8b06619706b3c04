"""An identity provider on pysaml2. Standard input: {key, certificate, metadata, entity, audience, address, request}, where the
metadata is that of the service. Standard output: {metadata, responses: {name: base64}}."""

import base64
import json
import os
import sys
import tempfile

from saml2 import BINDING_HTTP_REDIRECT, server
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_UNSPECIFIED, NameID
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256, SIG_RSA_SHA512

KINDS = {
    "assertion": {"sign_assertion": True, "sign_response": False},
    "response": {"sign_assertion": False, "sign_response": True},
    "both": {"sign_assertion": True, "sign_response": True},
    "neither": {"sign_assertion": False, "sign_response": False},
    "sha512": {"sign_assertion": True, "sign_response": False, "sign_alg": SIG_RSA_SHA512},
    "encrypted": {"sign_assertion": True, "sign_response": False, "encrypt_assertion": True},
    "sha1": {
        "sign_assertion": True,
        "sign_response": False,
        "sign_alg": "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "digest_alg": "http://www.w3.org/2000/09/xmldsig#sha1",
    },
}


def main():
    asked = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:

        def file(name, text):
            path = os.path.join(folder, name)
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
            return path

        config = IdPConfig().load(
            {
                "entityid": asked["entity"],
                "key_file": file("key.pem", asked["key"]),
                "cert_file": file("certificate.pem", asked["certificate"]),
                "metadata": {"local": [file("service.xml", asked["metadata"])]},
                "service": {
                    "idp": {
                        "endpoints": {
                            "single_sign_on_service": [("https://idp.example/login", BINDING_HTTP_REDIRECT)]
                        },
                        "policy": {"default": {"lifetime": {"minutes": 15}}},
                    }
                },
            }
        )
        provider = server.Server(config=config)
        responses = {}
        for kind, options in KINDS.items():
            chosen = {"sign_alg": SIG_RSA_SHA256, "digest_alg": DIGEST_SHA256, **options}
            response = provider.create_authn_response(
                identity={"uid": "name@example.com"},
                in_response_to=asked["request"],
                destination=asked["address"],
                sp_entity_id=asked["audience"],
                name_id=NameID(format=NAMEID_FORMAT_UNSPECIFIED, text="name@example.com"),
                authn={"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"},
                **chosen,
            )
            responses[kind] = base64.b64encode(str(response).encode("utf-8")).decode("ascii")
        print(json.dumps({"metadata": str(entity_descriptor(config)), "responses": responses}))


main()
