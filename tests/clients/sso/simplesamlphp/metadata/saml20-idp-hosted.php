<?php
$metadata[getenv('IDP_URL') . 'saml2/idp/metadata.php'] = [
    'host' => '__DEFAULT__',
    'privatekey' => 'idp.key',
    'certificate' => 'idp.crt',
    'auth' => 'people',
    'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    'saml20.sign.response' => getenv('IDP_SIGN_RESPONSE') !== 'no',
    'saml20.sign.assertion' => true,
    'assertion.encryption' => getenv('IDP_ENCRYPT') === 'yes',
    'sign.logout' => getenv('IDP_SIGN_LOGOUT') !== 'no',
    'logouttype' => getenv('IDP_LOGOUT_TYPE') ?: 'traditional',
    'attributes.NameFormat' => 'urn:oasis:names:tc:SAML:2.0:attrname-format:basic',
    'authproc' => [
        ['class' => 'saml:AttributeNameID', 'attribute' => 'uid', 'Format' => 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified'],
    ],
];
