<?php
// What an operator puts into saml20-sp-remote.php: the metadata of a service provider, by SimpleSAMLphp's own converter, and the lines
// that docs/operations/single-sign-on.md adds. Reads the metadata from standard input; the first argument is where SimpleSAMLphp is.
require $argv[1] . '/lib/_autoload.php';
foreach (SimpleSAML\Metadata\SAMLParser::parseDescriptorsString(stream_get_contents(STDIN)) as $id => $parsed) {
    $fields = $parsed->getMetadata20SP();
    unset($fields['entityDescriptor'], $fields['expire']);
    $fields += [
        'simplesaml.nameidattribute' => 'uid',
        'NameIDFormat' => 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
        'sign.logout' => true,
    ];
    echo '$metadata[' . var_export($id, true) . '] = ' . var_export($fields, true) . ";\n";
}
