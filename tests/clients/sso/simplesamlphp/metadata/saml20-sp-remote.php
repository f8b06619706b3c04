<?php
// The service providers that it has been told of, if any.
$known = getenv('IDP_HOME') . '/service-providers.php';
if (is_file($known)) {
    include $known;
}
