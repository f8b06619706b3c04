<?php
// Whoever may log in at the identity provider: "name:password", and what is told of them.
$config = [
    'people' => [
        'exampleauth:UserPass',
        'lena:at-the-idp' => ['uid' => ['lena'], 'loginName' => ['lena'], 'siteId' => [getenv('IDP_ACCOUNT')]],
        'nobody:at-the-idp' => ['uid' => ['nobody'], 'displayName' => ['No Body'], 'loginName' => ['nobody'], 'siteId' => [getenv('IDP_ACCOUNT')]],
    ],
];
