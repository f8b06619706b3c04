<?php
$metadata[getenv('IDP_URL') . 'saml2/idp/metadata.php'] = [
    'host' => '__DEFAULT__',
    'privatekey' => 'idp.key',
    'certificate' => 'idp.crt',
    'auth' => 'people',
    'saml20.sign.response' => getenv('IDP_SIGN_RESPONSE') !== 'no',
    'assertion.encryption' => getenv('IDP_ENCRYPT') === 'yes',
    'logouttype' => getenv('IDP_LOGOUT_TYPE') ?: 'traditional',
];
