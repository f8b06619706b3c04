<?php
// An identity provider for tests, under PHP's own web server on loopback. The environment says where it stands:
// IDP_URL its address with a slash at the end, IDP_HOME a folder of its own.
$home = getenv('IDP_HOME');
$config = [
    'baseurlpath' => getenv('IDP_URL'),
    'certdir' => "$home/cert/",
    'loggingdir' => "$home/log/",
    'datadir' => "$home/data/",
    'tempdir' => "$home/tmp",
    'metadatadir' => __DIR__ . '/../metadata',
    'secretsalt' => 'only-for-tests',
    'auth.adminpassword' => bin2hex(random_bytes(16)),
    'admin.checkforupdates' => false,
    'timezone' => 'UTC',
    'logging.handler' => 'file',
    'logging.level' => SimpleSAML\Logger::DEBUG,
    'showerrors' => true,
    'errorreporting' => false,
    'enable.saml20-idp' => true,
    'module.enable' => ['core' => true, 'saml' => true, 'exampleauth' => true],
    'session.cookie.secure' => false,
    'session.cookie.samesite' => null,
    'session.phpsession.savepath' => "$home/sessions",
    'language.cookie.secure' => false,
    'language.cookie.samesite' => null,
    'store.type' => 'phpsession',
];
